"""Erasing a person: a page says what will be deleted, a report says what was."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from mailchimpsync.actions import Erasure, Explanation, erase, explain
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.web.links import contact_url
from mailchimpsync.web.screens.screen import Visit, screen

_KIND = "erase"
_CHARS_MAX = 254


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def index(visit: Visit) -> HttpResponse:
    """Show what will be deleted, and start once that is confirmed. The person's address never appears in a URL."""
    given = visit.request.POST
    address = given.get("address", "").replace("\x00", "").strip()[:_CHARS_MAX]
    if not address:
        return redirect("people")
    if given.get("confirmed") != "yes":
        return visit.render("erase.html", _to_be_erased(visit, address))
    if given.get("understood") != "on":
        problem = _("Nothing was erased. First confirm that you understand this can't be undone.")
        return visit.render("erase.html", {**_to_be_erased(visit, address), "problem": problem}, status=400)
    by, name = visit.by, token_urlsafe(12)
    visit.service.tasks.begin(
        visit.site, _KIND, name, lambda site: erase(site, address=address, confirm=True, by=by), by=by
    )
    return redirect("erased", name)


@screen(Scope.CONFIGURE)
def report(visit: Visit, name: str) -> HttpResponse:
    """Show what was deleted, or that it is in progress."""
    task = visit.service.tasks.newest(name)
    if task is None or task.kind != _KIND:
        visit.warn(
            _("This report is no longer available. Erase the address again to be sure; completed steps stay done.")
        )
        return redirect("people")
    context: dict[str, Any] = {"name": name, "error": task.error, "is_under_way": task.is_under_way}
    if task.result is not None:
        context |= _erased(visit, task.result)
    return visit.part("parts/erased.html", context) if visit.is_partial else visit.render("erased.html", context)


def _to_be_erased(visit: Visit, address: str) -> dict[str, Any]:
    found = explain(visit.site, person=address)
    known = {one.list_id for one in found.statuses if one.row_id is not None}
    return {
        "address": address,
        "audiences": [(link, link.audience_id in known) for link in visit.site.configuration.connections],
        "contacts": _contacts(visit, found.contact_ids),
        "notes": found.notes,
    }


def _erased(visit: Visit, erasure: Erasure) -> dict[str, Any]:
    names = {link.audience_id: link.audience_name or link.audience_id for link in visit.site.configuration.connections}
    steps = [(names.get(one.list_id or "", one.list_id), one) for one in erasure.steps if one.number]
    return {"erasure": erasure, "steps": steps, "contacts": _contacts(visit, erasure.contact_ids)}


def _contacts(visit: Visit, contact_ids: tuple[int, ...]) -> list[tuple[int, str | None]]:
    return [(one, contact_url(visit.site, one)) for one in contact_ids]


def addresses_of(found: Explanation) -> list[str]:
    """Return the addresses of a person that can be erased: their own, and the one that was searched for."""
    asked = [found.asked] if "@" in found.asked else []
    known = {address.casefold(): address for one in found.statuses if (address := one.address)}
    return list({**{one.casefold(): one for one in asked}, **known}.values())


urlpatterns = [
    path("people/erase", index, name="erase"),
    path("people/erase/<str:name>", report, name="erased"),
]
