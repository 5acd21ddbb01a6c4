"""What undoing a run means for each person: the change that reverses it, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.civicrm import persons
from mailchimpsync.decide.undo import Effects, Inverse, Known, inverse_of, obstacle_to_resubscribing
from mailchimpsync.errors import Code
from mailchimpsync.mailchimp import Member, member
from mailchimpsync.model import IN_FLIGHT, Connection, GroupState, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import groups
from mailchimpsync.store.changes.undo import ChangedRow
from mailchimpsync.sync.deciding.obstacles import obstacle_of
from mailchimpsync.sync.deciding.planned import Person, with_values_before
from mailchimpsync.sync.options import Systems

MEMBERS_IN_FLIGHT_MAX = 8

States = Mapping[int, GroupState]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What undoing means for one person: the change, or why there is none."""

    row: ChangedRow
    states: States
    inverse: Inverse | None
    reason_left_out: Code | None = None

    def stored(self, change: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a change of the person in stored form."""
        row = self.row
        person = Person(
            row.identity,
            row.civicrm_contact_id,
            row.mailchimp_member_id,
            row.mailchimp_email,
            row.mailchimp_status,
            row.mailchimp_interests,
            row.mailchimp_data,
            row.civicrm_name,
        )
        return with_values_before(change, person, self.states)


def states_of_rows(tx: Transaction, connection: Connection, known: Sequence[ChangedRow]) -> Mapping[int, States]:
    """Return the known group states of the rows' contacts."""
    contacts = [row.civicrm_contact_id for row in known if row.civicrm_contact_id is not None]
    return groups.group_states(tx, connection.list_id, contacts) if contacts else {}


def proposal(row: ChangedRow, states: States, effects: Effects, connection: Connection) -> Proposal:
    """Return what undoes effects for a row, if it is still as the run left it, and no update is in flight."""
    inverse = None if row.sync_status in IN_FLIGHT else inverse_of(effects, _known_state(row, states), connection)
    return Proposal(row, states, inverse, None if inverse else Code.UNDO_CHANGED)


def _known_state(row: ChangedRow, states: States) -> Known:
    return Known(
        row.mailchimp_status,
        row.mailchimp_interests or {},
        states,
        row.mailchimp_email,
        row.base_interests or {},
    )


def exclude_ineligible(systems: Systems, connection: Connection, proposals: Sequence[Proposal]) -> list[Proposal]:
    """Return the proposals, without a change for people who may not be subscribed again."""
    back = [one for one in proposals if one.inverse is not None and one.inverse.subscribes]
    if not back:
        return list(proposals)
    contacts = [one.row.civicrm_contact_id for one in back if one.row.civicrm_contact_id is not None]
    people = persons(systems.civicrm, contacts)
    found = _read_members(systems, connection, back)

    def reason_left_out(one: Proposal) -> Code | None:
        fresh = found.get(one.row.id)
        refusal = one.row.refusal or {}
        if refusal.get("code") == Code.MC_FORGOTTEN:
            return Code.MC_FORGOTTEN
        person = people.get(one.row.civicrm_contact_id or 0)
        if person is None or person.is_deleted:
            return Code.CV_CONTACT_GONE
        sticky = obstacle_to_resubscribing(fresh.status if fresh else None, fresh.unsubscribe_reason if fresh else "")
        return sticky or obstacle_of(person, one.row.mailchimp_status, one.row.mailchimp_email)

    reasons = {one.row.id: reason_left_out(one) for one in back}
    return [
        Proposal(one.row, one.states, None, reason) if (reason := reasons.get(one.row.id)) else one for one in proposals
    ]


def _read_members(systems: Systems, connection: Connection, some: Sequence[Proposal]) -> dict[int, Member | None]:
    """Return the members of rows as Mailchimp has them now, by row id."""
    keys = {one.row.id: one.row.mailchimp_member_id for one in some if one.row.mailchimp_member_id}
    with systems.runtime.executor(MEMBERS_IN_FLIGHT_MAX) as executor:
        found = executor.map(lambda key: member(systems.mailchimp, connection.list_id, key), keys.values())
        return dict(zip(keys, found, strict=True))


def planned_change_of(inverse: Inverse) -> dict[str, Any]:
    """Return an inverse as a planned change."""
    return {
        "create_contact": False,
        "group_changes": [[group, status.value] for group, status in inverse.groups],
        "member_update": inverse.update.to_body(),
        "sync_status": SyncStatus.LIVE.value,
        "reason": Code.UNDONE.value,
        "agreed": {"subscribed": inverse.subscribed, "interests": dict(inverse.interests)},
    }
