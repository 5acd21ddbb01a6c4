"""Rows on which both sides agree: most rows, recognised by few facts and decided once for all rows alike."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from mailchimpsync.decide import Decision, decide
from mailchimpsync.errors import Code
from mailchimpsync.model import Base, Connection, Departure, GroupState, GroupStatus, Leaving
from mailchimpsync.store.cache.rows import DueFacts
from mailchimpsync.sync.deciding.builder import Groups, RowFacts, build_situation
from mailchimpsync.sync.reading.contact_flags import flags_from

_AGREED = (Code.IN_SYNC, Code.NOT_SUBSCRIBED)
_UNKNOWN = object()


class Agreements:
    """Decides rows by the facts that need no dates, no addresses and no other rows.

    If both sides say the same, the rules use none of those, so that rows with equal facts have one decision. Rows
    with more to consider than `RowFacts` are left to `gather_situations`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._decided: dict[tuple[Any, ...], Any] = {}

    def find(self, facts: DueFacts) -> Decision | None:
        """Return the decision for a row of `store.cache.rows.due_facts`, or None if more facts are needed."""
        key = tuple(facts[1:])
        decision = self._decided.get(key, _UNKNOWN)
        if decision is _UNKNOWN:
            decision = self._decided[key] = self._decide(facts)
        found: Decision | None = decision
        return found

    def _decide(self, facts: DueFacts) -> Decision | None:
        if facts.left_behind and self._connection.leaving(Departure.MERGED) is not Leaving.NOTHING:
            return None  # depends on the contact's other rows
        if facts.moves or facts.inherits or facts.news or facts.unknown or facts.erased:
            return None
        return agreement_on(_row_facts(facts), _states(facts.groups), self._connection)


def agreement_on(row: RowFacts, groups: Groups, connection: Connection) -> Decision | None:
    """Return the decision for a row if both sides agree, whatever `MoreFacts` it has; else None."""
    decision = decide(build_situation(row, groups, connection), connection)
    return decision if decision.reason in _AGREED and not decision.changes_something else None


def _row_facts(facts: DueFacts) -> RowFacts:
    base_subscribed = None if facts.base_subscribed is None else bool(facts.base_subscribed)
    return RowFacts(
        status=facts.mailchimp_status,
        interests=_json(facts.interests) or {},
        has_contact=bool(facts.contact),
        lost_contact=bool(facts.left_behind),
        departures=flags_from(facts.marks),
        departed=bool(facts.departed),
        base=Base(base_subscribed, _json(facts.base_interests)),
    )


def _states(text: str | None) -> Groups:
    """Parse `group:status,…`; dates are left out because they don't matter here."""
    pairs = (entry.split(":") for entry in (text or "").split(",") if entry)
    return {int(group): GroupState(GroupStatus(status) if status else None) for group, status in pairs}


def _json(text: str | None) -> Any:
    return None if text is None else from_json(text)
