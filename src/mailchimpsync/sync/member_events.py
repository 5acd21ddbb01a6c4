"""What a webhook told us of some members: each is read again, and what holds is carried out (DESIGN 3.12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

from mailchimpsync.addresses import mailchimp_key
from mailchimpsync.civicrm import ContactEmail, Name, Person, add_bulk_addresses, hold_addresses, persons, set_names
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.mailchimp import Member
from mailchimpsync.model import IN_FLIGHT, Connection, MemberStatus, Side
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import journal, rows
from mailchimpsync.sync.calls import Systems
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.members_run import (
    Found,
    MembersRun,
    members_run,
    read_members,
    reconcile_rows,
    settle_contacts,
    take_in,
)
from mailchimpsync.sync.working import collect_connection

Event = RowMapping
Row = RowMapping

COMPLAINT = "abuse"
_OFF_THE_LIST = {MemberStatus.CLEANED, MemberStatus.UNSUBSCRIBED, MemberStatus.ARCHIVED}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an event; not `settled`: it is to be tried again. The note has no addresses."""

    event_id: int
    code: Code
    settled: bool = True
    note: str = ""
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """An event with what was found: the member, and the row it has now."""

    event: Event
    address: str
    member: Member
    row: Row

    @property
    def contact_id(self) -> int | None:
        owner: int | None = self.row["civicrm_contact_id"]
        return owner


def handle_events(systems: Systems, connection: Connection, events: Sequence[Event], deadline: Deadline) -> list[Fate]:
    """Handle events of one audience, some hundred at most, and say what became of each.

    Events of one member are handled together, by what holds now. Repeating it after a crash does no harm.

    Raises:
        BusyError, LeaseLostError, EvidenceError, AccessError, TransientError: handle all of them again later.
    """
    of_members = [event for event in events if event["kind"] != "batch"]
    of_batches = [event for event in events if event["kind"] == "batch"]
    if of_batches:
        collect_connection(systems, connection, deadline)
    fates = {event["id"]: Fate(event["id"], Code.EVENT_HANDLED) for event in of_batches}
    if of_members:
        with members_run(systems, connection, deadline) as run:
            fates |= {event["id"]: Fate(event["id"], Code.EVENT_HANDLED, run_id=run.id) for event in of_members}
            fates |= {fate.event_id: fate for fate in _handle(run, of_members)}
    return list(fates.values())


def _handle(run: MembersRun, events: Sequence[Event]) -> list[Fate]:
    found = read_members(run, _addresses(events))
    renamed = {_old(event): _new(event) for event in events if event["kind"] == "upemail"}
    ids = take_in(run, found, renamed)
    settle_contacts(run, list(ids.values()))
    told = _told(run, events, found, ids)
    fates = _rename(run, told)
    reconcile_rows(run, sorted(set(ids.values())))
    told = _told(run, events, found, ids)
    fates += _hold(run, told) + _name(run, told)
    return [*_unsettled(run, events, found, told), *fates]


def _addresses(events: Sequence[Event]) -> list[str]:
    return list(dict.fromkeys(address for event in events for address in (_old(event), _new(event))))


def _old(event: Event) -> str:
    return mailchimp_key(event["data"]["email"])


def _new(event: Event) -> str:
    """Return the address that counts now: the new one, where it changed."""
    return mailchimp_key(event["data"].get("new_email") or event["data"]["email"])


def _told(run: Run, events: Sequence[Event], found: Found, ids: Mapping[str, int]) -> list[_Told]:
    with run.transaction() as tx:
        known = rows.rows_by_id(tx, list(set(ids.values())))
    return [
        _Told(event, address, member, known[ids[address]])
        for event in events
        if isinstance(member := found[address := _new(event)], Member) and ids.get(address) in known
    ]


def _unsettled(run: Run, events: Sequence[Event], found: Found, told: Sequence[_Told]) -> list[Fate]:
    """Return the fates of events about members who are not there, can't be read, or have an update in flight."""
    by_event = {one.event["id"]: one for one in told}
    fates = []
    for event in events:
        member = found[_new(event)]
        one = by_event.get(event["id"])
        if isinstance(member, RefusedError):
            fates.append(Fate(event["id"], member.code, settled=False, note=member.what, run_id=run.id))
        elif member is None:
            fates.append(Fate(event["id"], Code.EVENT_OVERTAKEN, note="Mailchimp knows no such member.", run_id=run.id))
        elif one is not None and one.row["sync_status"] in IN_FLIGHT and one.row["recheck"]:
            fates.append(Fate(event["id"], Code.BUSY, settled=False, note="An update is in flight.", run_id=run.id))
    return fates


def _rename(run: Run, told: Sequence[_Told]) -> list[Fate]:
    """Add new addresses to their contacts, before it is decided to which address mail goes."""
    changed = [one for one in told if one.event["kind"] == "upemail" and one.contact_id is not None]
    wanted = {one.event["id"]: ContactEmail(one.contact_id or 0, one.member.email_address) for one in changed}
    outcome = add_bulk_addresses(run.civicrm, list(dict.fromkeys(wanted.values()))) if wanted else {}
    _tell(
        run,
        [
            (one, "address", _old(one.event), one.member.email_address)
            for one in changed
            if outcome[wanted[one.event["id"]]] is True
        ],
        Code.MAILCHIMP_RENAMED,
    )
    return _refused(run, {key: outcome[pair] for key, pair in wanted.items()})


def _hold(run: Run, told: Sequence[_Told]) -> list[Fate]:
    """Put addresses on hold that Mailchimp has cleaned, or whose owners complained, if that still holds."""
    cleaned = [one for one in told if one.event["kind"] == "cleaned"]
    holding = [one for one in cleaned if _is_off(one)]
    owned = [one for one in holding if one.contact_id is not None]
    wanted = {one.event["id"]: ContactEmail(one.contact_id or 0, one.address) for one in owned}
    outcome = hold_addresses(run.civicrm, list(dict.fromkeys(wanted.values()))) if wanted else {}
    done = [one for one in owned if outcome[wanted[one.event["id"]]] is True]
    for code in (Code.MAILCHIMP_BOUNCED, Code.MAILCHIMP_COMPLAINED):
        _tell(run, [(one, "on_hold", "no", "yes") for one in done if _why(one) is code], code)
    over = [one for one in cleaned if one not in holding]
    back = "The member is subscribed again."
    overtaken = [Fate(one.event["id"], Code.EVENT_OVERTAKEN, note=back, run_id=run.id) for one in over]
    return overtaken + _refused(run, {key: outcome[pair] for key, pair in wanted.items()})


def _is_off(one: _Told) -> bool:
    """Say whether the member is as the event says: after a complaint Mailchimp may show them as unsubscribed."""
    expected = _OFF_THE_LIST if _why(one) is Code.MAILCHIMP_COMPLAINED else {MemberStatus.CLEANED}
    return one.member.status in expected


def _why(one: _Told) -> Code:
    complained = one.event["data"].get("reason") == COMPLAINT
    return Code.MAILCHIMP_COMPLAINED if complained else Code.MAILCHIMP_BOUNCED


def _name(run: Run, told: Sequence[_Told]) -> list[Fate]:
    """Take over names from Mailchimp; an empty one there never overwrites (existing-extension.md 13)."""
    edited = [one for one in told if one.event["kind"] == "profile" and one.contact_id is not None]
    if not edited:
        return []
    people = persons(run.civicrm, sorted({one.contact_id for one in edited if one.contact_id is not None}))
    changes = {one.event["id"]: _new_name(one, people.get(one.contact_id or 0)) for one in edited}
    wanted = {key: name for key, name in changes.items() if name is not None}
    refused = set_names(run.civicrm, list(dict.fromkeys(wanted.values()))) if wanted else {}
    done = {one.contact_id: one for one in edited if (name := wanted.get(one.event["id"])) and name not in refused}
    for one in done.values():
        person, name = people[one.contact_id or 0], wanted[one.event["id"]]
        parts = [
            ("first_name", person.first_name, name.first_name),
            ("last_name", person.last_name, name.last_name),
        ]
        _tell(run, [(one, field, old, new) for field, old, new in parts if new], Code.MAILCHIMP_PROFILE)
    return _refused(run, {key: refused[name] for key, name in wanted.items() if name in refused})


def _new_name(one: _Told, person: Person | None) -> Name | None:
    if person is None or person.is_deleted:
        return None
    first = one.member.first_name if one.member.first_name != person.first_name else ""
    last = one.member.last_name if one.member.last_name != person.last_name else ""
    return Name(one.contact_id or 0, first, last) if first or last else None


def _refused(run: Run, outcomes: Mapping[int, bool | RefusedError]) -> list[Fate]:
    return [
        Fate(key, error.code, settled=False, note=error.what, run_id=run.id)
        for key, error in outcomes.items()
        if isinstance(error, RefusedError)
    ]


def _tell(run: Run, changes: Sequence[tuple[_Told, str, str | None, str]], reason: Code) -> None:
    entries: list[dict[str, Any]] = [
        {
            "list_id": run.list_id,
            "cache_id": one.row["id"],
            "contact_id": one.contact_id,
            "member_id": one.member.id,
            "time": run.runtime.now(),
            "run_id": run.id,
            "side": Side.CIVICRM.value,
            "field": field,
            "old": old,
            "new": new,
            "reason": reason.value,
        }
        for one, field, old, new in changes
    ]
    with run.transaction() as tx:
        journal.write_journal(tx, entries)
