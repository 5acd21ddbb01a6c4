"""Handles events: each member named is read again, and a run over a few rows carries out the actual changes.

Every effect also comes by reading (docs/decisions/effects-by-reading.md); a webhook only makes it come at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailchimpsync.addresses import mailchimp_key
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.mailchimp import Member
from mailchimpsync.model import IN_FLIGHT, Connection, MemberStatus
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.cache import members, rows
from mailchimpsync.store.cache.contact_facts import has_pending_corrections
from mailchimpsync.store.cache.rows import ReportedRow
from mailchimpsync.store.site.webhook_events import DueEvent as Event
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.options import Systems
from mailchimpsync.sync.outside_runs import collect_connection
from mailchimpsync.sync.webhooks.members_run import (
    Found,
    MembersRun,
    match_contacts,
    members_run,
    read_members,
    reconcile_rows,
    store_members,
)

COMPLAINT = "abuse"
_STATUSES_OF_LEFT = {MemberStatus.CLEANED, MemberStatus.UNSUBSCRIBED, MemberStatus.ARCHIVED}


@dataclass(frozen=True, slots=True)
class EventResult:
    """Result of an event; not `settled`: it has to be retried. The note has no addresses."""

    event_id: int
    code: Code
    settled: bool = True
    note: str = ""
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class _MemberReport:
    """An event with what was found: the member, and its current row."""

    event: Event
    address: str
    member: Member
    row: ReportedRow

    @property
    def contact_id(self) -> int | None:
        return self.row.civicrm_contact_id


def handle_events(
    systems: Systems, connection: Connection, events: Sequence[Event], deadline: Deadline
) -> list[EventResult]:
    """Handle events of one audience, a few hundred at most, and return the result of each.

    Events of one member are handled together, by the current state. Repeating it after a crash does no harm.

    Raises:
        BusyError, LeaseLostError, EvidenceError, AccessError, TransientError: handle all of them again later.
    """
    of_members = [event for event in events if event.kind != "batch"]
    of_batches = [event for event in events if event.kind == "batch"]
    if of_batches:
        collect_connection(systems, connection, deadline)
    results = {event.id: EventResult(event.id, Code.EVENT_HANDLED) for event in of_batches}
    if of_members:
        with members_run(systems, connection, deadline) as run:
            results |= {event.id: EventResult(event.id, Code.EVENT_HANDLED, run_id=run.id) for event in of_members}
            results |= {result.event_id: result for result in _handle(run, of_members)}
    return list(results.values())


def _handle(run: MembersRun, events: Sequence[Event]) -> list[EventResult]:
    found = read_members(run, _addresses(events))
    renamed = {_old_address(event): _new_address(event) for event in events if event.kind == "upemail"}
    ids = store_members(run, found, renamed)
    match_contacts(run, list(ids.values()))
    reports = _members_reported(run, events, found, ids)
    overtaken = _record_holds(run, reports)
    reconcile_rows(run, sorted(set(ids.values())))
    reports = _members_reported(run, events, found, ids)
    return [*_to_retry(run, events, found, reports), *overtaken, *_refused(run, reports)]


def _addresses(events: Sequence[Event]) -> list[str]:
    return list(dict.fromkeys(address for event in events for address in (_old_address(event), _new_address(event))))


def _old_address(event: Event) -> str:
    return mailchimp_key(event.data["email"])


def _new_address(event: Event) -> str:
    """Return the current address: the new one, if it changed."""
    return mailchimp_key(event.data.get("new_email") or event.data["email"])


def _members_reported(run: Run, events: Sequence[Event], found: Found, ids: Mapping[str, int]) -> list[_MemberReport]:
    with run.transaction() as tx:
        known = rows.reported_rows(tx, list(set(ids.values())))
    return [
        _MemberReport(event, address, member, known[ids[address]])
        for event in events
        if isinstance(member := found[address := _new_address(event)], Member) and ids.get(address) in known
    ]


def _to_retry(run: Run, events: Sequence[Event], found: Found, reports: Sequence[_MemberReport]) -> list[EventResult]:
    """Return the results of events about members that don't exist, can't be read, or have an update in flight."""
    by_event = {one.event.id: one for one in reports}
    results = []
    for event in events:
        member = found[_new_address(event)]
        one = by_event.get(event.id)
        if isinstance(member, RefusedError):
            results.append(EventResult(event.id, member.code, settled=False, note=member.what, run_id=run.id))
        elif member is None:
            results.append(
                EventResult(event.id, Code.EVENT_OVERTAKEN, note="Mailchimp doesn't have this member.", run_id=run.id)
            )
        elif one is not None and one.row.sync_status in IN_FLIGHT and one.row.recheck:
            results.append(
                EventResult(event.id, Code.BUSY, settled=False, note="An update is in flight.", run_id=run.id)
            )
    return results


def _record_holds(run: Run, reports: Sequence[_MemberReport]) -> list[EventResult]:
    """Record addresses to put on hold, if Mailchimp really has cleaned them or their owners complained."""
    cleaned = [one for one in reports if one.event.kind == "cleaned"]
    with run.transaction() as tx:
        reasons = {
            one.row.id: _reason_of(one).value for one in cleaned if _has_left(one) and one.contact_id is not None
        }
        members.record_hold_reasons(tx, reasons)
    back = "The member is subscribed again."
    return [
        EventResult(one.event.id, Code.EVENT_OVERTAKEN, note=back, run_id=run.id)
        for one in cleaned
        if not _has_left(one)
    ]


def _has_left(one: _MemberReport) -> bool:
    """Return whether the member's state fits the event: after a complaint Mailchimp may show it as unsubscribed."""
    expected = _STATUSES_OF_LEFT if _reason_of(one) is Code.MAILCHIMP_COMPLAINED else {MemberStatus.CLEANED}
    return one.member.status in expected


def _reason_of(one: _MemberReport) -> Code:
    complained = one.event.data.get("reason") == COMPLAINT
    return Code.MAILCHIMP_COMPLAINED if complained else Code.MAILCHIMP_BOUNCED


def _refused(run: Run, reports: Sequence[_MemberReport]) -> list[EventResult]:
    """Return the results of events whose effect CiviCRM has refused: they are retried."""
    return [
        EventResult(one.event.id, Code.CV_CHANGE_REFUSED, settled=False, note="CiviCRM refused it.", run_id=run.id)
        for one in reports
        if one.row.reason == Code.CV_CHANGE_REFUSED and has_pending_corrections(one.row)
    ]
