"""Rows on which both sides agree: most rows, recognised by few facts and decided once for all rows alike."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from mailchimpsync.decide import Decision, decide
from mailchimpsync.errors import Code
from mailchimpsync.model import Base, Connection, Departure, GroupState, GroupStatus, Leaving
from mailchimpsync.store.cache.due_rows import Agreement, DueFacts
from mailchimpsync.sync.deciding.builder import Groups, RowFacts, build_situation
from mailchimpsync.sync.reading.contact_flags import flags_from

_AGREED = (Code.IN_SYNC, Code.NOT_SUBSCRIBED)


def agreement_by_facts(facts: DueFacts, connection: Connection) -> Agreement | None:
    """Return what rows with these facts agree on, or None if that takes more facts.

    The facts have no dates, no addresses and no other rows. If both sides say the same, the rules use none of those.
    """
    if facts.left_behind and connection.leaving(Departure.MERGED) is not Leaving.NOTHING:
        return None  # depends on the contact's other rows
    decision = agreement_on(_row_facts(facts), _states(facts.groups), connection)
    return Agreement(decision.reason.value, decision.agreed) if decision is not None else None


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
