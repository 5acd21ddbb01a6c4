"""`Mailchimpsync.pausesync` and `.resumesync`: stop syncing a connection until someone resumes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import OneGroupIdOrId
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.work import Kind
from mailchimpsync.config import Link
from mailchimpsync.store.runs import pauses, runs


@dataclass(frozen=True, slots=True)
class Pause:
    """Whether a connection is paused, since when, by whom and why; `has_changed`: the call changed it."""

    link: Link
    has_changed: bool
    paused_at: datetime | None
    paused_by: str | None
    reason: str | None


def in_wire_form(pause: Pause) -> dict[str, Any]:
    """Return a pause for callers of the API."""
    return {
        "list_id": pause.link.audience_id,
        "group_id": pause.link.group_id,
        "has_changed": pause.has_changed,
        "paused_at": pause.paused_at,
        "paused_by": pause.paused_by,
        "pause_reason": pause.reason,
    }


@action("Mailchimpsync", Scope.RUN, present=in_wire_form, helpers=("by",))
def pausesync(
    site: Site,
    *,
    group_id: OneGroupIdOrId,
    reason: Annotated[
        str | None,
        Field(description="Why it is paused, for others to read.", max_length=pauses.REASON_LENGTH_MAX),
    ] = None,
    by: str = "python",
) -> Pause:
    """Pause a connection: no sync starts until someone resumes it, neither by schedule nor by hand.

    A sync in progress stops after its current step. After the pause, it begins again: what it has read may be outdated
    by then. People who unsubscribe or bounce at Mailchimp are still taken out of the group when a webhook reports them;
    other changes wait for the next sync.
    Comparing both sides, plans and results of updates already sent go on. A connection that is paused already stays
    as it is. After a week, an alert reminds of the pause.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: no such group.
    """
    [link] = find_links(site, group_id)
    with site.store.begin() as tx:
        has_changed = pauses.pause(tx, link.audience_id, site.runtime.now(), by, reason)
    return _as_stored(site, link, has_changed=has_changed)


@action("Mailchimpsync", Scope.RUN, present=in_wire_form)
def resumesync(site: Site, *, group_id: OneGroupIdOrId) -> Pause:
    """Resume a paused connection: its schedule goes on, and the next sync makes up for the pause.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: no such group.
    """
    [link] = find_links(site, group_id)
    with site.store.begin() as tx:
        has_changed = pauses.resume(tx, link.audience_id, site.runtime.now())
    site.enqueue(Kind.SYNC, link.audience_id)
    return _as_stored(site, link, has_changed=has_changed)


def _as_stored(site: Site, link: Link, *, has_changed: bool) -> Pause:
    with site.store.begin() as tx:
        found = runs.stored_status(tx, link.audience_id)
    return Pause(link, has_changed, found.paused_at, found.paused_by, found.pause_reason)
