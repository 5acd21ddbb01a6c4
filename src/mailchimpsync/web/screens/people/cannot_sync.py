"""People who can't be synced, by reason: the cause, who can fix it and how, another try, and accepting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from mailchimpsync.actions import Failures, acceptfailures, getfailuregroups, reopenfailures
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.parameters import number_in
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.entities.browse import NONE, Show
from mailchimpsync.actions.status.failures import FailureGroup
from mailchimpsync.config import Link
from mailchimpsync.model import SyncStatus
from mailchimpsync.store.queries.failures import Standing
from mailchimpsync.web.links import contact_url, member_url
from mailchimpsync.web.screens.menu import forget_numbers
from mailchimpsync.web.screens.screen import Visit, screen

_SHOWS = {
    Standing.NEEDS_ATTENTION: Show.NEEDS_ATTENTION,
    Standing.FINE: Show.FINE,
    Standing.ACCEPTED: Show.ACCEPTED,
}


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show every reason why people can't be synced, of all connections or of one."""
    only = visit.request.GET.get("audience")
    found = [one for one in getfailuregroups(visit.site) if only in (None, one.link.audience_id)]
    context = {
        "parts": [_part(visit, one) for one in found if one.groups],
        "needs_attention": any(one.number_with(Standing.NEEDS_ATTENTION) for one in found),
        "is_connected": bool(found),
    }
    return visit.render("cannot_sync.html", context)


def _part(visit: Visit, failures: Failures) -> dict[str, Any]:
    link, others = failures.link, (Standing.FINE, Standing.ACCEPTED)
    return {
        "link": link,
        "number": failures.number_with(Standing.NEEDS_ATTENTION),
        "others": sum(failures.number_with(one) for one in others),
        "groups": _groups(visit, link, failures.groups, Standing.NEEDS_ATTENTION),
        "other_groups": [one for standing in others for one in _groups(visit, link, failures.groups, standing)],
    }


def _groups(visit: Visit, link: Link, groups: Sequence[FailureGroup], standing: Standing) -> list[dict[str, Any]]:
    return [_group(visit, link, group) for group in groups if group.standing is standing]


def _group(visit: Visit, link: Link, group: FailureGroup) -> dict[str, Any]:
    fields = [("audience", link.audience_id), ("sync_status", SyncStatus.FAIL.value), ("reason", group.code or NONE)]
    fields.append(("show", _SHOWS[group.standing].value))
    return {
        "group": group,
        "link": link,
        "needs_attention": group.standing is Standing.NEEDS_ATTENTION,
        "is_accepted": group.standing is Standing.ACCEPTED,
        "key": f"{link.audience_id}-{group.code or NONE}-{group.standing.name}",
        "fields": fields,
        "query": urlencode(fields),
        "people": [
            {
                "row": row,
                "contact_url": contact_url(visit.site, row.civicrm_contact_id),
                "member_url": member_url(visit.site, link, row.mailchimp_contact_id),
            }
            for row in group.first
        ],
        "others": group.number - len(group.first),
    }


@screen(Scope.RUN, "POST")
def accept(visit: Visit) -> HttpResponse:
    """Accept a person, or everyone with a reason, as they are; or take that back.

    Without scripts, a page asks before everyone with a reason is accepted, and says how many they are.
    """
    given = visit.request.POST
    link, reason = find_audience(visit.site, given.get("audience", "")), given.get("reason") or None
    one = given.get("id")  # without it, everyone with the reason is meant: one that can't be read must not mean that
    chosen: dict[str, Any] = {"reason": reason, "group_id": link.group_id}
    if one is not None:
        chosen["id"] = number_in(one) or 0
    if given.get("act") == "reopen":
        reopenfailures(visit.site, **chosen)
        visit.say(_("Counted again as needing attention."))
    elif one is None and given.get("confirmed") != "yes" and (group := _group_to_accept(visit, link, reason)):
        return visit.render("accept_reason.html", {"link": link, "group": group})
    else:
        acceptfailures(visit.site, **chosen, by=visit.by)
        visit.say(
            _("Accepted. This person is no longer counted, unless the reason changes.")
            if one is not None
            else _("Accepted. Nobody with this reason is counted any more, now or later.")
        )
    forget_numbers(visit.site)
    back = given.get("back", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "cannot-sync")


def _group_to_accept(visit: Visit, link: Link, reason: str | None) -> FailureGroup | None:
    """Return the people who need attention for a reason; None: there is nobody any more."""
    groups = (group for one in getfailuregroups(visit.site) if one.link == link for group in one.groups)
    return next((one for one in groups if one.code == reason and one.standing is Standing.NEEDS_ATTENTION), None)


urlpatterns = [
    path("cannot-sync", index, name="cannot-sync"),
    path("cannot-sync/accept", accept, name="accept-failures"),
]
