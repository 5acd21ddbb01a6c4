"""What is known of a member's status: its value, since when, and who set it. The one owner of that rule.

The date changes only when the status does, so that an edit doesn't make an unsubscribe look newer than it is. A status
that we set has a date too, but doesn't express the member's will; `made_by` tells the two apart
(docs/decisions/who-made-a-status.md). `store.cache.members` has the same rule in SQL, for whole pages; a contract test
compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from mailchimpsync.model import SUBSCRIBED_STATUSES, MadeBy, MemberStatus


class MemberFacts(NamedTuple):
    """A member's status, since when it holds, and who set it (`made_by` None: someone else, or not known)."""

    status: str | None = None
    since: datetime | None = None
    made_by: MadeBy | None = None


class ObservedMember(NamedTuple):
    """What Mailchimp reports of a member: its status, its last change of any kind, and its last opt-in."""

    status: str | None
    changed_at: datetime | None
    opted_in: datetime | None = None


class OwnStatus(NamedTuple):
    """The status that one of our updates asked for, and when it was sent."""

    status: str
    sent_at: datetime | None


def observe_member(before: MemberFacts, now: ObservedMember, ours: OwnStatus | None = None) -> MemberFacts:
    """Return the facts of a member after reading it at Mailchimp.

    A status counts as ours only if it is the one we asked for and the member didn't have it before our update.
    """
    is_new = now.status != before.status
    if ours is not None and now.status == ours.status and not _had_status_before(before, now, ours):
        since = (now.changed_at or ours.sent_at) if is_new else before.since
        return MemberFacts(now.status, since, _set_by_us(before, now))
    if is_new:
        return MemberFacts(now.status, now.changed_at)
    if now.opted_in is not None and before.since is not None and now.opted_in > before.since:
        # They opted in since; if still not subscribed, they left again between the two readings.
        is_subscribed = now.status in SUBSCRIBED_STATUSES
        return MemberFacts(now.status, now.opted_in if is_subscribed else now.changed_at)
    return before


def _had_status_before(before: MemberFacts, now: ObservedMember, ours: OwnStatus) -> bool:
    """Return whether the member had the status before our update, by the date we know or else Mailchimp's."""
    since = before.since if before.status == now.status else now.changed_at
    if before.status == now.status and since is None:
        return True
    return since is not None and ours.sent_at is not None and since < ours.sent_at


def _set_by_us(before: MemberFacts, now: ObservedMember) -> MadeBy:
    """People we removed before they confirmed have to confirm when they come back."""
    was_asked = before.status == MemberStatus.PENDING or before.made_by is MadeBy.US_UNCONFIRMED
    is_off = now.status not in SUBSCRIBED_STATUSES
    return MadeBy.US_UNCONFIRMED if was_asked and is_off else MadeBy.US


def facts_of(row: Mapping[Any, Any]) -> MemberFacts:
    """Return the facts stored in a cache row."""
    return stored_facts(row["mailchimp_status"], row["mailchimp_status_date"], row["mailchimp_status_by"])


def stored_facts(status: str | None, since: datetime | None, made_by: str | None) -> MemberFacts:
    """Return the facts from the columns of a cache row."""
    return MemberFacts(status, since, MadeBy(made_by) if made_by else None)


def columns_of(facts: MemberFacts) -> dict[str, Any]:
    """Return facts as columns of a cache row."""
    return {
        "mailchimp_status": facts.status,
        "mailchimp_status_date": facts.since,
        "mailchimp_status_by": facts.made_by.value if facts.made_by else None,
    }
