"""The screen “People”: the rows of a connection, found by filters, both sides side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import (
    browse,
    describe_row,
    include_rows,
    includegroup,
    make_filter,
    name_of_contact,
    with_time_limit,
)
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.entities.browse import BrowsedRows, Order, RowFilter, Turn
from mailchimpsync.actions.status.accept import find_failed
from mailchimpsync.errors import REGISTRY, UsageError, Who
from mailchimpsync.web.screens.names import fetch_names, known_names
from mailchimpsync.web.screens.people.downloads import rows_as_csv
from mailchimpsync.web.screens.people.filters import CHOICES, SHOWS, Search, need_filters, place_text, read_search
from mailchimpsync.web.screens.people.rows import lines_of
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.templatetags.screens import number as in_digits
from mailchimpsync.web.templatetags.screens import translated

GROUP_SECONDS = 30.0
GROUP_CHARS_MAX = 255
AT_ONCE_MAX = 10_000
"""More rows than this are included by a background task: a page would take too long."""


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show a page of search results."""
    if not visit.site.configuration.connections:
        return visit.render("cache_browser.html", {"search": None})
    search = read_search(visit.site, visit.request.GET)
    browsed = browse(visit.site, search.wanted, search.turn, quick=not search.is_whole)
    if search.turn.before is not None and not browsed.found.has_previous:  # the first page is whole, even so
        return redirect(f"{reverse('cache')}{search.address()}")
    context = {**_results(visit, search, browsed), **_choices(visit, search)}
    if visit.is_partial:
        return visit.part("parts/rows.html", context)
    return visit.render("cache_browser.html", context)


def _results(visit: Visit, search: Search, browsed: BrowsedRows) -> dict[str, Any]:
    found = browsed.found
    first, last = found.positions or (None, None)
    return {
        "search": search,
        "found": found,
        "link": browsed.link,
        "lines": lines_of(visit, browsed, is_brief=True),
        "previous": search.address(before=place_text(first)) if first and found.has_previous else "",
        "next": search.address(after=place_text(last)) if last and found.has_next else "",
        "rest": "" if found.is_whole else search.address(whole="1"),
        "here": search.address(),
        "sorts": {order.value: _sort(search, browsed, order) for order in Order},
        "names": known_names(visit.site, browsed.link),
    }


def _sort(search: Search, browsed: BrowsedRows, order: Order) -> dict[str, str]:
    """Return the link of a column, "" if there are too many rows to sort, and the current order."""
    is_now = browsed.found.order is order
    falls = is_now and search.turn.descends
    is_possible = order.is_indexed or (browsed.found.number is not None and browsed.found.number <= AT_ONCE_MAX)
    turned = Search(search.wanted, Turn(order, is_now and not falls), search.given, search.is_whole)
    return {
        "url": turned.address() if is_possible else "",
        "aria": ("descending" if falls else "ascending") if is_now else "",
    }


def _choices(visit: Visit, search: Search) -> dict[str, Any]:
    codes = [code for code, entry in REGISTRY.items() if entry.who is Who.NOBODY or code.value in search.wanted.reason]
    fails = [code for code in REGISTRY if code.value[:3] in ("MC_", "CV_") and code not in codes]
    return {
        "links": visit.site.configuration.connections,
        "choices": {name: [(one, one in _values(search, name)) for one in values] for name, values in CHOICES.items()},
        "shows": [(value, label, value in _values(search, "show")) for value, label in SHOWS.items()],
        "reasons": [
            (code.value, REGISTRY[code].sentence, code.value in search.wanted.reason) for code in (*codes, *fails)
        ],
    }


def _values(search: Search, name: str) -> Sequence[str]:
    return [value for field, value in search.given if field == name]


@screen()
def names(visit: Visit) -> HttpResponse:
    """Read the names of interests and groups from both sides, and let the page show them."""
    link = find_audience(visit.site, visit.request.GET.get("audience", ""))
    fetch_names(visit.site, link)
    return HttpResponse(status=204, headers={"HX-Trigger": "names-known"})


@screen()
def row(visit: Visit, row_id: int) -> HttpResponse:
    """Show everything about one row."""
    details = describe_row(visit.site, row_id)
    (line,) = lines_of(visit, details.browsed)
    context = {**line, "row": details.row, "line_of_row": line, "link": details.link}
    context["names"] = known_names(visit.site, details.link)
    context["failed"] = find_failed(visit.site, details.link, row_id)
    return visit.render("row.html", context)


@screen()
def contact_name(visit: Visit, contact_id: int) -> HttpResponse:
    """Return a contact's name from CiviCRM, for a page that is already shown."""
    return visit.part("parts/contact_name.html", {"name": name_of_contact(visit.site, contact_id)})


@screen()
def export(visit: Visit) -> HttpResponseBase:
    """Send all rows that a search finds as CSV."""
    search = read_search(visit.site, visit.request.GET)
    return rows_as_csv(visit, need_filters(search), f"mailchimpsync-{search.wanted.list_id}")


@screen(Scope.RUN, "POST")
def include(visit: Visit) -> HttpResponse:
    """Have the next sync decide again about the selected rows, or about everything a search finds."""
    search = read_search(visit.site, visit.request.POST)
    back = visit.request.POST.get("back", "")
    if visit.request.POST.get("which") != "all" and not search.wanted.ids:
        visit.warn(_("No one was selected, so nothing was changed."))
    elif search.wanted.ids:
        report_included(
            visit, include_rows(visit.site, make_filter(visit.site, search.wanted.list_id, ids=search.wanted.ids))
        )
    else:
        include_all(visit, need_filters(search))
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "cache")


@screen(Scope.RUN, "POST")
def include_group(visit: Visit) -> HttpResponse:
    """Have the next sync decide again about everyone in a group of CiviCRM, of any kind."""
    given = visit.request.POST.get("group", "").replace("\x00", "").strip()[:GROUP_CHARS_MAX]
    if not given:
        visit.warn(_("No group was named, so nothing was changed."))
        return redirect("cache")
    try:
        with with_time_limit(visit.site, GROUP_SECONDS) as site:
            found = includegroup(site, group=given)
    except UsageError as error:
        visit.warn(translated(error.what))
        return redirect("cache")
    report_included(visit, found["affected"])
    return redirect("cache")


def include_all(visit: Visit, wanted: RowFilter) -> None:
    """Include all matching rows: immediately if they are few, otherwise in a background task."""
    number = browse(visit.site, wanted, Turn(size=1)).found.number
    if number is not None and number <= AT_ONCE_MAX:
        report_included(visit, include_rows(visit.site, wanted))
        return
    visit.service.tasks.begin(
        visit.site, "include", wanted.list_id, lambda site: include_rows(site, wanted), by=visit.by
    )
    visit.say(_("Many people are being included in the next sync. This takes a moment."))


def report_included(visit: Visit, number: int) -> None:
    """Report how many rows the next sync will decide about."""
    if not number:
        visit.say(_("Nothing to do: these people are already included in the next sync or have an update in progress."))
        return
    text = ngettext(
        "%(number)s person is included in the next sync.",
        "%(number)s people are included in the next sync.",
        number,
    )
    visit.say(text % {"number": in_digits(number)})


urlpatterns = [
    path("everybody", index, name="cache"),
    path("everybody/export", export, name="cache-export"),
    path("everybody/include", include, name="cache-include"),
    path("everybody/include/group", include_group, name="cache-include-group"),
    path("everybody/names", names, name="cache-names"),
    path("everybody/<int:row_id>", row, name="cache-row"),
    path("everybody/contacts/<int:contact_id>/name", contact_name, name="contact-name"),
]
