"""`MailchimpsyncVerification`: whether both sides really agree, read from both sides in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.api.parameters import READ_SECONDS, GroupId, MaxTime
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store.verify import verifications
from mailchimpsync.sync.verify import Difference, VerificationResult, verify

_NAMES = tuple(field.name for field in fields(VerificationResult))


def in_wire_form(found: Sequence[VerificationResult]) -> list[dict[str, Any]]:
    """Return verifications as objects, with whether both sides were `in_sync`."""
    return [plain(to_mapping(one)) for one in found]


def to_mapping(one: VerificationResult) -> dict[str, Any]:
    """Return a verification as a mapping."""
    derived = {"in_sync": one.in_sync, "verdict": one.verdict.value, "due": one.due, "by_cause": one.by_cause}
    return {name: getattr(one, name) for name in _NAMES} | derived | {"gone_interests": one.gone_interests}


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
    max_time: MaxTime = READ_SECONDS,
    by: str = "python",
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[Difference], None] | None = None,
) -> list[VerificationResult]:
    """Compare both sides in full, and return every difference with its cause.

    All members, memberships and contacts are read again through both APIs; the rows kept here only explain where a
    difference comes from. Nothing is changed on either side, and a run may be in progress meanwhile. `unexplained`
    counts differences that no run will remove and that have no known reason. `verdict` is `agree` (nothing differs, so
    `in_sync`), `explained` (every difference has a known reason, see `by_cause`; `due` counts the people whose
    difference a later sync removes) or `unexplained`. Linked interests that no longer exist at Mailchimp, so that no
    one could be compared by them, are `gone_interests`, and count among the explained differences. Differences and
    people are counted separately: a person may differ in several interests. `differences` has the first 500
    unexplained and the first 500 explained ones.

    For Python callers: `tell` is called with every difference as it is found.

    Raises:
        TransientError: a side can't be reached, or time ran out.
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
    limit: Annotated[
        int, Field(description="The most comparisons to return for each connection, newest first.", ge=1, le=100)
    ] = 1,
) -> list[VerificationResult]:
    """Return the newest comparisons of both sides; only the newest one lists the people who differed.

    Raises:
        UsageError: no such group.
    """
    links = find_links(site, group_id)
    with site.store.begin() as tx:
        rows = [row for link in links for row in verifications.verifications(tx, link.audience_id, limit)]
    return [VerificationResult(**{**row._asdict(), "differences": row.differences or []}) for row in rows]
