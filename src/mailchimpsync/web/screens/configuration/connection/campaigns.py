"""The import of sent campaigns as activities in CiviCRM: its settings, and the imported campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailchimpsync.actions import ImportedCampaign, PulledCampaigns, Site, getcampaigns, pullcampaigns
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Campaigns, Link
from mailchimpsync.errors import Code
from mailchimpsync.web.background_tasks import BackgroundTask
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.part import PartForm, edit_part
from mailchimpsync.web.screens.configuration.fields import check_box, number_field
from mailchimpsync.web.screens.screen import Visit, screen

KIND = "campaigns"
SHOWN_MAX = 100

STATES: Mapping[str, tuple[str, Promise]] = {
    "complete": ("good", gettext_lazy("imported")),
    "unfinished": ("middle", gettext_lazy("to be continued")),
    "failed": ("bad", gettext_lazy("failed")),
    "closed": ("other", gettext_lazy("no longer updated")),
}


class CampaignsForm(PartForm):
    """Whether campaigns are imported, and what is recorded."""

    part = "campaigns"
    enabled = check_box(gettext_lazy("Import campaigns automatically"))
    every_hours = number_field(Campaigns, "every_hours", gettext_lazy("Hours between imports"))
    opens = check_box(gettext_lazy("Record who opened the campaign"))
    clicks = check_box(gettext_lazy("Record who clicked a link"))
    follow_days = number_field(
        Campaigns,
        "follow_days",
        gettext_lazy("Keep updating each campaign for … days"),
        help_text=gettext_lazy("Adds later opens and clicks, and recipients who became contacts after the import."),
    )

    @property
    def to(self) -> str:
        """The list of campaigns."""
        return _list_page(self.link)


@screen()
def show(visit: Visit, list_id: str) -> HttpResponse:
    """Show the imported campaigns, and the state of the import."""
    link = find_audience(visit.site, list_id)
    task = visit.service.tasks.newest(list_id)
    ours = task if task is not None and task.kind == KIND else None
    context = {
        "link": link,
        "lines": list(_lines(link.campaigns)),
        "campaigns": [_shown(one) for one in getcampaigns(visit.site, group_id=link.group_id, limit=SHOWN_MAX)],
        "limit": SHOWN_MAX,
        "is_under_way": ours is not None and ours.is_under_way,
        "outcome": _outcome(ours),
    }
    if visit.is_partial:
        return visit.part("configuration/parts/campaigns.html", context)
    return visit.render("configuration/campaigns.html", context)


@screen(Scope.RUN, "POST")
def begin(visit: Visit, list_id: str) -> HttpResponse:
    """Import now."""
    link = find_audience(visit.site, list_id)
    since = "ever" if "everything" in visit.request.POST else None
    stop = visit.service.stop

    def work(site: Site) -> list[PulledCampaigns]:
        return pullcampaigns(site, group_id=link.group_id, since_date=since, max_time=0, stop=stop)

    visit.service.tasks.begin(visit.site, KIND, list_id, work, by=visit.by)
    visit.say(_("The import has started."))
    return redirect(_list_page(link))


def _shown(one: ImportedCampaign) -> dict[str, Any]:
    level, words = STATES[one.state]
    why = explain_code(Code(one.code)).sentence if one.code in list(Code) else one.code or ""
    return {"one": one, "level": level, "state": words, "why": why}


def _outcome(task: BackgroundTask | None) -> dict[str, Any] | None:
    """Return the result of an import."""
    if task is None or task.is_under_way:
        return None
    [pulled] = task.result or [None]
    error = task.error or (pulled.error if pulled else None)
    if error is not None:
        return {"level": "bad", "what": error.what, "remedy": error.remedy}
    imported = pulled.imported if pulled else None
    if imported is None or not (imported.campaigns or imported.failed):
        return {"level": "good", "what": _("There were no campaigns to import.")}
    what = ngettext("%(number)s campaign was checked.", "%(number)s campaigns were checked.", imported.campaigns)
    level = "bad" if imported.failed else "good"
    return {"level": level, "what": what % {"number": imported.campaigns}, "made": len(imported.activity_ids)}


def _lines(how: Campaigns) -> Iterator[str]:
    if not how.enabled:
        yield _("Campaigns aren't imported automatically.")
    else:
        text = ngettext(
            "Campaigns are imported every hour.", "Campaigns are imported every %(hours)s hours.", how.every_hours
        )
        yield text % {"hours": how.every_hours}
    if how.opens and how.clicks:
        yield _("Opens and clicks are imported too.")
    elif how.opens:
        yield _("Opens are imported too.")
    elif how.clicks:
        yield _("Clicks are imported too.")


def _list_page(link: Link) -> str:
    return reverse("configuration-campaigns", args=[link.audience_id])


def card(_visit: Visit, link: Link) -> Card:
    """Say whether campaigns are imported."""
    return Card(
        "campaigns", _("Campaigns"), list(_lines(link.campaigns)), _list_page(link), _("View campaigns"), "read"
    )


urlpatterns = [
    path("configuration/connections/<str:list_id>/campaigns", show, name="configuration-campaigns"),
    edit_part("campaigns", CampaignsForm, address="campaigns/change", name="change-campaigns"),
    path("configuration/connections/<str:list_id>/campaigns/import", begin, name="configuration-import-campaigns"),
]
