"""The overview, refreshed automatically: a card for each of a few connections, or a table of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from mailchimpsync.actions import acknowledgealert, getalerts
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.screens.status.cards import (
    BUSY_REFRESH_SECONDS,
    IDLE_REFRESH_SECONDS,
    ConnectionCard,
    announcement_of,
    connection_cards,
)
from mailchimpsync.web.screens.status.charts import history_of
from mailchimpsync.web.screens.status.connections_table import STATES, connections_table
from mailchimpsync.web.screens.status.notices import notice_of

CARDS_MAX = 3
"""For how many connections the overview shows cards and charts; more are a table, and have charts in their history."""


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show all connections."""
    context = _cards(visit)
    few = context["cards"] if context["table"] is None else []
    histories = {one.link.audience_id: history_of(visit, one.link, one.status) for one in few}
    return visit.render("overview.html", {**context, "histories": histories, "states": STATES})


@screen()
def live(visit: Visit) -> HttpResponse:
    """Refresh the cards."""
    return visit.part("parts/overview.html", {**_cards(visit), "said": visit.request.GET.get("said", "")})


@screen(Scope.RUN, "POST")
def acknowledge(visit: Visit, alert_id: int) -> HttpResponse:
    """Acknowledge an alert."""
    alert = acknowledgealert(visit.site, id=alert_id, by=visit.by)
    visit.say(_("Acknowledged. No more reminders will be sent."))
    return redirect("connection", alert.list_id) if alert.list_id else redirect("overview")


def _cards(visit: Visit) -> dict[str, Any]:
    links = visit.site.configuration.connections
    found = connection_cards(visit, links, wait=_waits(visit))
    everywhere = [notice_of(one) for one in getalerts(visit.site) if one.list_id is None]
    return {
        "cards": found,
        "table": connections_table(visit, found) if len(found) > CARDS_MAX else None,
        "notices": everywhere,
        "news": _announcement(found),
        "seconds": _seconds(found),
    }


def _announcement(found: Sequence[ConnectionCard]) -> str:
    """Return what screen readers announce when it changes: each state of a few, or how many of many need attention."""
    if len(found) <= CARDS_MAX:
        return announcement_of(found)
    bad = sum(one.badge.level == "bad" for one in found)
    return _("%(number)s of %(total)s connections need attention.") % {"number": bad, "total": len(found)}


def _seconds(found: Sequence[ConnectionCard]) -> int:
    """Return after how many seconds to refresh; many connections only often until they are counted."""
    if len(found) <= CARDS_MAX:
        return min((one.seconds for one in found), default=IDLE_REFRESH_SECONDS)
    return IDLE_REFRESH_SECONDS if all(one.counted for one in found) else BUSY_REFRESH_SECONDS


def _waits(visit: Visit) -> bool:
    """Without scripts nothing refreshes: a link waits for the numbers instead."""
    return "wait" in visit.request.GET


urlpatterns = [
    path("", index, name="overview"),
    path("live", live, name="overview-live"),
    path("alerts/<int:alert_id>/acknowledge", acknowledge, name="acknowledge"),
]
