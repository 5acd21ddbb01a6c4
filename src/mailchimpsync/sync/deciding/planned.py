"""Decisions as planned changes, in the form in which runs, kept plans and undo store them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mailchimpsync.decide import DecidingDates, Decision
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import GroupState
from mailchimpsync.store.cache.rows import RowToDecide as Row
from mailchimpsync.sync.deciding.effects import CORRECTIONS, Correction, kinds_in
from mailchimpsync.sync.deciding.newcomers import Newcomer, Newcomers
from mailchimpsync.sync.deciding.situations import Situations

Change = Mapping[str, Any]

NAME_LENGTH = 255


class Person(NamedTuple):
    """Whom a change is about, with what Mailchimp said of them when it was decided."""

    identity: str
    contact_id: int | None
    member_id: str | None
    address: str | None
    status: str | None
    interests: Mapping[str, bool] | None
    names: Mapping[str, str] | None
    contact_name: str | None


_NOBODY = Person("", None, None, None, None, None, None, None)


def planned_change(
    decision: Decision,
    data: Mapping[str, Any] | None = None,
    corrections: Sequence[Correction] = (),
    dates: Sequence[DecidingDates] = (),
) -> Change:
    """Return what a decision wants changed, with the data and corrections that go with it, and the dates behind it."""
    agreed: dict[str, Any] = {"subscribed": decision.agreed.subscribed, "interests": decision.agreed.interests}
    if data is not None:
        agreed["data"] = data
    if corrections:
        agreed[CORRECTIONS] = corrections
    return {
        "create_contact": decision.create_contact,
        "group_changes": [[group, status.value] for group, status in decision.groups],
        "member_update": decision.update and decision.update.to_body(),
        "sync_status": decision.sync_status.value,
        "reason": decision.reason.value,
        "agreed": agreed,
        "dates": [_stored_dates(one) for one in dates] or None,
    }


def _stored_dates(dates: DecidingDates) -> dict[str, Any]:
    return {
        "group": dates.group_id,
        "mailchimp": dates.mailchimp.isoformat(),
        "civicrm": dates.civicrm.isoformat(),
    }


def decided_changes(run_id: int, planned: Sequence[tuple[Row, Change]], gathered: Situations) -> list[Change]:
    """Return changes of rows as a run stores them."""
    changes: list[Change] = []
    for row, one in planned:
        person = Person(
            gathered.claims.get(row.id, row.identity),
            row.civicrm_contact_id,
            row.mailchimp_member_id,
            row.mailchimp_email,
            row.mailchimp_status,
            row.mailchimp_interests,
            row.mailchimp_data,
            gathered.names.get(row.id, row.civicrm_name),
        )
        stored = with_values_before(one, person, gathered.states.get(row.civicrm_contact_id or 0, {}))
        changes.append({"run_id": run_id, "cache_id": row.id, **stored})
    return changes


def changes_of_newcomers(run_id: int, kinds: Iterable[Newcomers]) -> list[Change]:
    """Return the changes of newcomers, likewise: those of a kind differ only in who the person is."""
    changes: list[Change] = []
    for kind in kinds:
        alike = with_values_before(planned_change(kind.decision), _NOBODY, kind.groups)
        changes += [
            {**alike, "run_id": run_id, "cache_id": one.row.id, **_own_values(kind, one)} for one in kind.people
        ]
    return changes


def _own_values(kind: Newcomers, one: Newcomer) -> dict[str, Any]:
    update = kind.update_for(one)
    return {
        "identity": one.identity,
        "contact_id": one.row.civicrm_contact_id,
        "address": one.address,
        "name": _name({}, update, one.person.name or one.row.civicrm_name),
        "member_update": update.to_body(),
    }


def with_values_before(change: Change, person: Person, states: Mapping[int, GroupState]) -> Change:
    """Return a change with the person it is about, and the values before it."""
    known = ((group, state.status) for group, state in states.items() if state.status is not None)
    update = MemberUpdate.from_body(change["member_update"])
    stored = {
        "identity": person.identity,
        "contact_id": person.contact_id,
        "member_id": person.member_id,
        "address": person.address or update.address,
        "name": _name(person.names or {}, update, person.contact_name),
        "before": {
            "status": person.status,
            "interests": person.interests or {},
            "groups": {str(group): status for group, status in known},
        },
        "dates": None,
        **change,
    }
    return {**stored, "kinds": f",{','.join(sorted(kinds_in(stored)))},"}


def _name(known: Mapping[str, str], update: MemberUpdate, contact_name: str | None) -> str | None:
    """Return the name Mailchimp has, or gets with a new member; else the contact's."""
    sent = update.merge_fields
    names = (known.get("first_name") or sent.get("FNAME"), known.get("last_name") or sent.get("LNAME"))
    at_mailchimp = " ".join(str(one) for one in names if one)
    return (at_mailchimp or contact_name or "")[:NAME_LENGTH] or None
