"""`MailchimpsyncVerification`: whether both sides really agree, asked of both sides themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.api.parameters import LOOK_SECONDS, GroupId, MaxTime
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store.verify import verifications
from mailchimpsync.sync.verify import Difference, Verified, verify

_NAMES = tuple(field.name for field in fields(Verified))


def in_wire_form(found: Sequence[Verified]) -> list[dict[str, Any]]:
    """Return verifications as objects, with whether both sides were `in_sync`."""
    return [plain(to_mapping(one)) for one in found]


def to_mapping(one: Verified) -> dict[str, Any]:
    """Return a verification as a mapping."""
    told = {"in_sync": one.in_sync, "verdict": one.verdict.value, "due": one.due, "by_cause": one.by_cause}
    return {name: getattr(one, name) for name in _NAMES} | told | {"gone_interests": one.gone_interests}


@action(
    "MailchimpsyncVerification",
    Scope.RUN,
    name="create",
    present=in_wire_form,
    helpers=("by", "progress", "stop", "tell"),
)
def createverification(
    site: Site,
    *,
    group_id: GroupId = None,
    max_time: MaxTime = LOOK_SECONDS,
    by: str = "python",
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[Difference], None] | None = None,
) -> list[Verified]:
    """Compare both sides in full, and tell every difference with its cause.

    All members, memberships and owners are read anew through both APIs; our own rows say only what a difference comes
    from. Nothing is written on either side, and a run may be at work meanwhile. `unexplained` counts the differences
    that no run will take away and no reason explains. `verdict` is `agree` (nothing differs, and so `in_sync`),
    `explained` (all that differs has a known reason, see `by_cause`; `due` counts the people for whom a later
    sync takes it away) or `unexplained`. Linked interests that Mailchimp no longer has, by which nobody could be
    compared, are `gone_interests`, and count among the explained differences. Differences and people are counted apart:
    a person may differ in several interests. `differences` has the first 500 without and the first 500 with an
    explanation.

    For Python callers: `tell` is told of every difference as it is found.

    Raises:
        TransientError: a side is away, or the time was not enough.
        EvidenceError, AccessError: not everything could be read.
    """
    deadline = Deadline.after(site.runtime, max_time, stop)
    return [
        verify(site.systems(link), link.connection, deadline, by=by, progress=progress, tell=tell)
        for link in find_links(site, group_id)
    ]


@action("MailchimpsyncVerification", Scope.READ, name="get", present=in_wire_form)
def getverifications(
    site: Site,
    *,
    group_id: GroupId = None,
    limit: Annotated[int, Field(description="How many of each connection, the newest first.", ge=1, le=100)] = 1,
) -> list[Verified]:
    """Return the newest comparisons of both sides; who differed is known of the newest one only.

    Raises:
        UsageError: no such group.
    """
    links = find_links(site, group_id)
    with site.store.begin() as tx:
        rows = [dict(row) for link in links for row in verifications.verifications(tx, link.audience_id, limit)]
    return [_verified(row) for row in rows]


def _verified(row: Mapping[str, Any]) -> Verified:
    known: dict[str, Any] = {name: row[name] for name in _NAMES}
    return Verified(**{**known, "differences": row["differences"] or []})
