"""Re-reads members whom Mailchimp refused for compliance, before they are asked to confirm.

The decision may be hours old when its batch is done. People who unsubscribed after it must not be asked to come back
because of it (docs/decisions/sticky-opt-outs.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from mailchimpsync.addresses import member_id_of
from mailchimpsync.decide.member_changes import hold_reason, names_before
from mailchimpsync.decide.member_facts import ObservedMember, columns_of, observe_member, stored_facts
from mailchimpsync.errors import Code
from mailchimpsync.mailchimp import Member, UnreadableMember, member_if_readable
from mailchimpsync.model import SyncStatus
from mailchimpsync.store.changes import updates
from mailchimpsync.store.changes.updates import SentUpdate
from mailchimpsync.sync.context import Work

MEMBERS_IN_FLIGHT_MAX = 8


class KnownUpdate(Protocol):
    """An update, sent or not, with what was known of its member."""

    @property
    def data(self) -> Mapping[str, Any]: ...
    @property
    def attempt(self) -> Mapping[str, Any]: ...
    @property
    def agreed(self) -> Mapping[str, Any]: ...
    @property
    def mailchimp_member_id(self) -> str | None: ...
    @property
    def mailchimp_updated(self) -> datetime | None: ...


def reread_members(
    work: Work, batch_ids: Sequence[int], refused: Collection[int]
) -> Mapping[int, Member | UnreadableMember]:
    """Return, by update id, the members of refused updates that have changed at Mailchimp since they were read.

    Members that can't be read may have changed too; they are returned as well.
    """
    if not refused:
        return {}
    with work.transaction() as tx:
        waiting = {key: one for key, one in updates.updates_with_rows(tx, batch_ids).items() if key in refused}
    with work.runtime.executor(MEMBERS_IN_FLIGHT_MAX) as executor:
        found = list(executor.map(lambda update: read_member(work, update), waiting.values()))
    fresh = zip(waiting.items(), found, strict=True)
    return {key: one for (key, update), one in fresh if one is not None and may_be_newer(one, update)}


def fresh_columns(update: SentUpdate, found: Member | UnreadableMember) -> dict[str, Any]:
    """Return the row's columns, due again with Mailchimp's current state, or with the fact that it can't be read."""
    if isinstance(found, UnreadableMember):
        return {
            "id": update.id,
            "member_problem": Code.MC_UNREADABLE.value,
            "sync_status": SyncStatus.TODO.value,
            "recheck": False,
        }
    before = stored_facts(update.mailchimp_status, update.mailchimp_status_date, update.mailchimp_status_by)
    facts = observe_member(before, ObservedMember(found.status, found.last_changed, found.opted_in_at))
    known = update.mailchimp_interests or {}
    names = {"first_name": found.first_name, "last_name": found.last_name}
    return {
        "id": update.id,
        **columns_of(facts),
        "mailchimp_updated": found.last_changed,
        "mailchimp_data": names,
        "names_before": names_before(update.names_before, update.mailchimp_data, names),
        "hold_reason": hold_reason(update.hold_reason, update.mailchimp_status, found.status),
        "mailchimp_interests": {key: found.interests.get(key, value) for key, value in known.items()},
        "sync_status": SyncStatus.TODO.value,
        "recheck": False,
    }


def read_member(work: Work, update: KnownUpdate) -> Member | UnreadableMember | None:
    """Return an update's member as it is at Mailchimp now, also if it can't be read; None: it doesn't exist."""
    key = update.mailchimp_member_id or member_id_of(update.data["email_address"])
    return member_if_readable(work.mailchimp, work.list_id, key)


def may_be_newer(found: Member | UnreadableMember, update: KnownUpdate) -> bool:
    """Return whether a member may have changed since its update was decided; the row may know more by now."""
    if isinstance(found, UnreadableMember):
        return True
    attempt = update.attempt
    if "known" not in attempt:
        known = update.mailchimp_updated
    else:
        known = datetime.fromisoformat(attempt["known"]) if attempt["known"] else None
    return known is None or found.last_changed > known
