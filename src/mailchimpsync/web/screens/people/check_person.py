"""Check a person: why they are, or are not, on the list, from state and journal."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import Explanation, browse, candidates, explain, make_filter
from mailchimpsync.actions.entities.browse import Turn
from mailchimpsync.actions.people.describe import PersonStatus
from mailchimpsync.actions.people.find import identifies_person
from mailchimpsync.web.links import contact_url
from mailchimpsync.web.screens.people.erase import addresses_of
from mailchimpsync.web.screens.people.rows import lines_of
from mailchimpsync.web.screens.screen import Visit, screen

_CHARS_MAX = 255
_PART_CHARS_MIN = 2


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show everything about a person, or the people who match."""
    asked = visit.request.GET.get("person", "").replace("\x00", "").strip()[:_CHARS_MAX]
    context: dict[str, Any] = {"asked": asked, "is_connected": bool(visit.site.configuration.connections)}
    if not asked or not context["is_connected"]:
        return visit.render("check_person.html", context)
    if identifies_person(asked):
        found = explain(visit.site, person=asked)
        if found.is_known or found.contact_ids or "@" not in asked:
            return visit.render("check_person.html", {**context, **_answer(visit, found)})
    return _find_person(visit, context)


def _find_person(visit: Visit, context: dict[str, Any]) -> HttpResponse:
    if len(context["asked"]) < _PART_CHARS_MIN:
        return visit.render("check_person.html", {**context, "problem": _("Enter at least two letters.")})
    found = candidates(visit.site, context["asked"])
    if len(found.found) == 1:
        return redirect(f"{reverse('people')}?{urlencode({'person': found.found[0].person})}")
    people = [{"one": one, "url": contact_url(visit.site, one.contact_id)} for one in found.found]
    return visit.render("check_person.html", {**context, "candidates": found, "people": people})


def _answer(visit: Visit, found: Explanation) -> dict[str, Any]:
    return {
        "found": found,
        "erasable": addresses_of(found),
        "contacts": [(contact, contact_url(visit.site, contact)) for contact in found.contact_ids],
        "statuses": [_status(visit, one) for one in found.statuses],
    }


def _status(visit: Visit, status: PersonStatus) -> dict[str, Any]:
    answer, *rest = status.sentences
    shown: dict[str, Any] = {"status": status, "answer": answer, "rest": rest}
    if status.row_id is None:
        return shown
    browsed = browse(visit.site, make_filter(visit.site, status.list_id, ids=(status.row_id,)), Turn())
    lines = lines_of(visit, browsed)
    return {**shown, "line": lines[0] if lines else None, "link": browsed.link}


urlpatterns = [path("people", index, name="people")]
