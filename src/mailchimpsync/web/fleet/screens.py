"""The pages of a fleet's operators: all sites, what to do with many of them, and what was done."""

from __future__ import annotations

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.fleet_operations import (
    BulkAction,
    begin_bulk,
    list_operations,
    make_link,
    preview_bulk,
    read_operation,
)
from mailchimpsync.actions.fleet_overview import not_looked_at, overview
from mailchimpsync.config.settings import site_path
from mailchimpsync.store.engine.database import newest_schema
from mailchimpsync.web.fleet.site_list import Row, SiteFilter
from mailchimpsync.web.fleet.visit import FleetVisit, fleet_screen
from mailchimpsync.web.help import help_page
from mailchimpsync.web.responses import BAD_REQUEST, FORBIDDEN

PAGE = 100
REASON_MAX = 500
GIVEN_UP_AFTER = timedelta(minutes=30)

WORDS = {
    BulkAction.PAUSE: gettext_lazy("Pause"),
    BulkAction.RESUME: gettext_lazy("Resume"),
    BulkAction.SYNC: gettext_lazy("Sync now"),
    BulkAction.UPGRADE: gettext_lazy("Upgrade"),
    "open": gettext_lazy("Open"),
}


@fleet_screen()
def index(visit: FleetVisit) -> HttpResponse:
    """Show all sites, the worst first."""
    found, chosen = overview(visit.fleet), SiteFilter.of(visit.request.GET)
    shown = chosen.apply(found)
    page = Paginator(shown, PAGE).get_page(visit.request.GET.get("page"))
    context = {
        "page": page,
        "rows": [Row(one) for one in page],
        "number": len(shown),
        "all": len(found),
        "filter": chosen,
        "levels": chosen.levels(found),
        "actions": [(one.value, WORDS[one]) for one in _allowed(visit)],
        "newest_schema": newest_schema(),
        "not_looked_at": not_looked_at(visit.fleet, found),
    }
    return visit.render("fleet/sites.html", context)


@fleet_screen(Scope.RUN, "POST")
def preview(visit: FleetVisit) -> HttpResponse:
    """Show what an action would do to which sites, before anything is done."""
    action = _action(visit)
    if action is None:
        return _not_allowed(visit)
    names = visit.request.POST.getlist("site")
    if visit.request.POST.get("all"):
        chosen = SiteFilter.of(visit.request.POST)
        names = [one.site.name for one in chosen.apply(overview(visit.fleet))]
    if not names:
        visit.warn(_("Choose at least one site."))
        return redirect("overview")
    return _preview(visit, action, names)


@fleet_screen(Scope.RUN, "POST")
def begin(visit: FleetVisit) -> HttpResponse:
    """Do it, if the number of sites that was typed is that of the preview."""
    action = _action(visit)
    if action is None:
        return _not_allowed(visit)
    given = visit.request.POST
    names = [
        one.site.site.name for one in preview_bulk(visit.fleet, action, given.get("names", "").split()) if one.number
    ]
    if not names or given.get("number", "").strip() != str(len(names)):
        problem = _("Type the number of sites, %(number)s, to confirm. Nothing was changed.") % {"number": len(names)}
        return _preview(visit, action, given.get("names", "").split(), problem=problem)
    reason = given.get("reason", "").strip()[:REASON_MAX] or None
    number = begin_bulk(visit.fleet, action, names, by=visit.by, reason=reason)
    visit.service.carry_out(number)
    return redirect("operation", number)


@fleet_screen(Scope.READ, "POST")
def open_site(visit: FleetVisit, name: str) -> HttpResponse:
    """Sign the operator in at a site, under their own name and with their role."""
    word = make_link(visit.fleet, name, by=visit.by)
    site = visit.fleet.site(name)
    below = visit.fleet.settings_of(site).public_url if site.host else None
    base = below or f"{visit.fleet.settings.public_path}{site_path(name)}"
    return HttpResponse(status=303, headers={"Location": f"{base}/operator/{word}"})


@fleet_screen()
def operations(visit: FleetVisit) -> HttpResponse:
    """Show what operators did, newest first."""
    found = [(one, WORDS.get(one.what, one.what), number, name) for one, number, name in list_operations(visit.fleet)]
    return visit.render("fleet/operations.html", {"operations": found})


@fleet_screen()
def operation(visit: FleetVisit, number: int) -> HttpResponse:
    """Show an operation, and what became of it for each site."""
    read = read_operation(visit.fleet, number)
    if read is None:
        raise Http404
    found, sites = read
    is_late = visit.fleet.runtime.now() - found.began_at > GIVEN_UP_AFTER
    context = {
        "operation": found,
        "word": WORDS.get(found.what, found.what),
        "sites": sorted(sites, key=lambda one: (not one.has_failed, one.site)),
        "done": sum(one.outcome is not None for one in sites),
        "failed": sum(one.has_failed for one in sites),
        "is_under_way": found.ended_at is None and not is_late,
        "is_interrupted": found.ended_at is None and is_late,
    }
    return visit.render("fleet/operation.html", context)


@fleet_screen()
def show_help(visit: FleetVisit, name: str) -> HttpResponse:
    """Show a page of the documentation."""
    page = help_page(name)
    if page is None:
        raise Http404
    return visit.render("screens/help.html", {"page": page})


def _allowed(visit: FleetVisit) -> list[BulkAction]:
    if not visit.may_operate:
        return []
    return [one for one in BulkAction if one is not BulkAction.UPGRADE or visit.may_upgrade]


def _action(visit: FleetVisit) -> BulkAction | None:
    given = visit.request.POST.get("action")
    return next((one for one in _allowed(visit) if one.value == given), None)


def _not_allowed(visit: FleetVisit) -> HttpResponse:
    return visit.problem(_("You don't have permission"), _("Nothing was changed."), status=FORBIDDEN)


def _preview(visit: FleetVisit, action: BulkAction, names: list[str], *, problem: str = "") -> HttpResponse:
    effects = preview_bulk(visit.fleet, action, names)
    affected = [one for one in effects if one.number]
    context = {
        "action": action.value,
        "word": WORDS[action],
        "affected": affected,
        "others": [one for one in effects if not one.number],
        "names": " ".join(one.site.site.name for one in affected),
        "connections": sum(one.number for one in affected),
        "newest_schema": newest_schema(),
        "problem": problem,
    }
    return visit.render("fleet/preview.html", context, BAD_REQUEST if problem else 200)
