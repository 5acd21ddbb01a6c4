"""The overview: a card for each connection, refreshed automatically."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from mailchimpsync.actions import acknowledgealert, getalerts
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.screens.status.cards import IDLE_REFRESH_SECONDS, announcement_of, connection_cards
from mailchimpsync.web.screens.status.charts import history_of, with_now
from mailchimpsync.web.screens.status.notices import notice_of

CHARTS_MAX = 4
"""For how many connections the overview shows charts; each connection's page shows its own."""


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show all connections."""
    context, now = _cards(visit), visit.site.runtime.now()
    histories = {}
    for one in context["cards"][:CHARTS_MAX]:
        past = history_of(visit, one.link)
        histories[one.link.audience_id] = with_now(past, one.status, now) if one.counted else past
    return visit.render("overview.html", {**context, "histories": histories})


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
        "notices": everywhere,
        "news": announcement_of(found),
        "seconds": min((one.seconds for one in found), default=IDLE_REFRESH_SECONDS),
    }


def _waits(visit: Visit) -> bool:
    """Without scripts nothing refreshes: a link waits for the numbers instead."""
    return "wait" in visit.request.GET


urlpatterns = [
    path("", index, name="overview"),
    path("live", live, name="overview-live"),
    path("alerts/<int:alert_id>/acknowledge", acknowledge, name="acknowledge"),
]
