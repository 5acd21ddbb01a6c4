"""People who can't be synced, by reason: the cause, who can fix it and how, and a button to try again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import path

from mailchimpsync.actions import Failures, getfailuregroups
from mailchimpsync.actions.entities.browse import NONE
from mailchimpsync.actions.status.failures import FailureGroup
from mailchimpsync.config import Link
from mailchimpsync.model import SyncStatus
from mailchimpsync.store.queries.failures import FailedPerson
from mailchimpsync.web.links import contact_url
from mailchimpsync.web.screens.screen import Visit, screen


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show every reason why people can't be synced, of all connections or of one."""
    only = visit.request.GET.get("audience")
    found = [one for one in getfailuregroups(visit.site) if only in (None, one.link.audience_id)]
    context = {
        "parts": [_part(visit, one) for one in found if one.groups],
        "number": sum(one.number for one in found),
        "is_connected": bool(found),
    }
    return visit.render("cannot_sync.html", context)


def _part(visit: Visit, failures: Failures) -> dict[str, Any]:
    groups = [_group(visit, failures.link, group) for group in failures.groups]
    return {"link": failures.link, "number": failures.number, "groups": groups}


def _group(visit: Visit, link: Link, group: FailureGroup) -> dict[str, Any]:
    fields = [("audience", link.audience_id), ("sync_status", SyncStatus.FAIL.value), ("reason", group.code or NONE)]
    return {
        "group": group,
        "key": f"{link.audience_id}-{group.code or NONE}",
        "fields": fields,
        "query": urlencode(fields),
        "people": [_person(visit, row) for row in group.first],
        "others": group.number - len(group.first),
    }


def _person(visit: Visit, row: FailedPerson) -> dict[str, Any]:
    return {**row._asdict(), "contact_url": contact_url(visit.site, row.civicrm_contact_id)}


urlpatterns = [path("cannot-sync", index, name="cannot-sync")]
