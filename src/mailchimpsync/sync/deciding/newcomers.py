"""Newcomers: contacts of whom no member was ever known. Those whose groups are the same are decided once for all.

In a first sync they are nearly everybody. See docs/decisions/deciding-by-kind.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from mailchimpsync.civicrm import Person
from mailchimpsync.decide import Decision, decide, merge_fields_of
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import Base, Connection
from mailchimpsync.store.cache.rows import RowToDecide as Row
from mailchimpsync.sync.deciding.builder import Groups, MoreFacts, RowFacts, build_situation
from mailchimpsync.sync.deciding.other_rows import States

_OF_ANYBODY = frozenset(
    {"id", "identity", "civicrm_contact_id", "civicrm_name", "sync_status", "reason", "reason_detail"}
)
_history = itemgetter(*(place for place, name in enumerate(Row._fields) if name not in _OF_ANYBODY))
_NO_HISTORY = (None,) * (len(Row._fields) - len(_OF_ANYBODY))

_NEWCOMER = RowFacts(
    status=None,
    interests={},
    has_contact=True,
    lost_contact=False,
    departures=frozenset(),
    departed=False,
    base=Base(None, None),
)
_SOMEBODY = MoreFacts(best_address="somebody@example.org")


class Newcomer(NamedTuple):
    """A newcomer's row, the identity and the address that it has claimed, and the person in CiviCRM."""

    row: Row
    identity: str
    address: str
    person: Person


class Newcomers(NamedTuple):
    """Newcomers of one kind: their states in groups, and the decision on them, with somebody's address and names."""

    groups: Groups
    decision: Decision
    people: list[Newcomer]

    def update_for(self, one: Newcomer) -> MemberUpdate:
        """Return what is sent about one of them."""
        return update_for(self.decision, one.address, one.person.first_name, one.person.last_name)


def newcomers_by_kind(found: Iterable[Newcomer], states: States, connection: Connection) -> list[Newcomers]:
    """Return newcomers by kind; rows with a history, and kinds that need more than to be subscribed, are left out."""
    kinds: dict[object, Newcomers | None] = {}
    for one in found:
        if _history(one.row) != _NO_HISTORY:
            continue
        groups = states.get(one.row.civicrm_contact_id or 0, {})
        key = tuple((group, state.status) for group, state in groups.items())
        if key not in kinds:
            decision = decision_on_newcomers(groups, connection)
            kinds[key] = Newcomers(groups, decision, []) if decision is not None else None
        if (kind := kinds[key]) is not None:
            kind.people.append(one)
    return [kind for kind in kinds.values() if kind is not None]


def decision_on_newcomers(groups: Groups, connection: Connection) -> Decision | None:
    """Return the decision on somebody new with these groups, if it is to subscribe them and nothing else.

    The rules use neither dates nor names for that, and of an address only that there is one.
    """
    decision = decide(build_situation(_NEWCOMER, groups, connection, _SOMEBODY), connection)
    if decision.update is None or decision.groups or decision.create_contact or decision.adds_member:
        return None
    return decision


def update_for(decision: Decision, address: str, first_name: str, last_name: str) -> MemberUpdate:
    """Return the update of a decision on newcomers, with the address and names of one of them."""
    assert decision.update is not None  # noqa: S101 (else it isn't about newcomers)
    return decision.update._replace(address=address, merge_fields=merge_fields_of(first_name, last_name))
