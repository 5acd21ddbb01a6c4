"""Reads both sides in full, once each, into a scratch database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import GroupContact, SiteClock, group_contacts
from mailchimpsync.errors import Code, TransientError
from mailchimpsync.mailchimp import Member, MemberPage, member_page
from mailchimpsync.model import Connection, GroupStatus, MemberStatus, Stage
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store import Store
from mailchimpsync.store.site.tombstones import NONE_ERASED, Erased
from mailchimpsync.store.verify import comparison, own_rows
from mailchimpsync.store.verify.comparison import MemberAddress
from mailchimpsync.sync.options import Systems
from mailchimpsync.sync.reading.address_owners import find_owners
from mailchimpsync.sync.reading.member_pages import (
    PAGES_IN_FLIGHT_MAX,
    READINGS,
    Position,
    ShiftedError,
    next_attempt,
    page_ranges,
)


@dataclass(frozen=True, slots=True)
class Comparing:
    """The state of a comparison: both sides, and the scratch database in which they are put side by side."""

    systems: Systems
    connection: Connection
    scratch: Store
    site_clock: SiteClock
    deadline: Deadline
    progress: Progress
    erased: Erased = NONE_ERASED
    erased_members: set[str] = field(default_factory=set)

    def check_time(self) -> None:
        """Stop once the time is over.

        Raises:
            TransientError: `OUT_OF_TIME`.
        """
        if self.deadline.reached:
            raise TransientError(Code.OUT_OF_TIME, "Both sides couldn't be compared in the time given.")


def read_both(work: Comparing) -> None:
    """Read all members with their owners, and all memberships.

    Raises:
        EvidenceError: `MC_INCOMPLETE`.
        TransientError: `OUT_OF_TIME`, or a side can't be reached.
    """
    work.progress.stage(Stage.FETCH)
    with work.systems.runtime.executor(PAGES_IN_FLIGHT_MAX) as executor:
        for reading in range(len(READINGS)):
            _read_members(work, executor, Position(reading=reading))
    with work.scratch.begin() as tx:
        comparison.forget_members(tx, work.erased_members)
    work.progress.stage(Stage.FIX_CONTACT_IDS)
    after = ""
    while True:
        with work.scratch.begin() as tx:
            found = comparison.addresses_after(tx, after)
        if not found:
            break
        after = found[-1].member_id
        match_owners(work, found)
        work.progress.advance(len(found))
        work.check_time()
    work.progress.stage(Stage.ADD_CIVI_ONLY)
    for page in group_contacts(work.systems.civicrm, work.connection.group_ids):
        with work.scratch.begin() as tx:
            comparison.put_memberships(tx, subscribed_in_group(page))
        work.progress.advance(len(page))
        work.check_time()


def _read_members(work: Comparing, executor: Executor, position: Position) -> None:
    """Read one reading, and restart it if its pages don't fit together."""
    while True:
        try:
            position = _read_on(work, executor, position)
        except ShiftedError:
            position = next_attempt(work.connection.list_id, position)
            with work.scratch.begin() as tx:
                comparison.forget_reading(tx, position.reading)
        else:
            if position.last_id is None:
                return


def _read_on(work: Comparing, executor: Executor, position: Position) -> Position:
    """Read on to the end of a reading; a position without `last_id` means that the end is reached."""
    reading, connection = position.reading, work.connection

    def ask(status: MemberStatus | None, offset: int, count: int) -> MemberPage:
        return member_page(
            work.systems.mailchimp,
            connection.list_id,
            offset=offset,
            count=count,
            status=status,
            with_interests=bool(connection.interests),
        )

    for stretch in page_ranges(executor, ask, position):
        position = stretch.position
        with work.scratch.begin() as tx:
            found = [one for one in stretch.members if isinstance(one, Member)]
            comparison.put_members(tx, [scratch_row(connection, one, reading) for one in found])
            work.erased_members.update(one.id for one in found if work.erased.knows(one.email_address))
            if stretch.is_last and comparison.count_reading(tx, reading) + position.aside < stretch.total:
                raise ShiftedError
        work.progress.advance(len(stretch.members), stretch.total)
        work.check_time()
        if stretch.is_last:
            return Position(reading=reading)
    return position


def scratch_row(connection: Connection, member: Member, reading: int | None) -> dict[str, Any]:
    """Return a member's columns for the comparison."""
    return {
        "member_id": member.id,
        "reading": reading,
        "address": normalise_address(member.email_address),
        "status": member.status,
        "changed_at": member.last_changed,
        "interests": {key: member.interests[key] for key in connection.interests if key in member.interests},
    }


def match_owners(work: Comparing, found: Sequence[MemberAddress]) -> None:
    """Find the owners of members by the rule of a run.

    If no contact in CiviCRM has the address, because it was changed there after both were matched, our own row decides:
    a run uses it too.
    """
    connection = work.connection
    addresses = [one.address for one in found if one.address]
    owners = find_owners(work.systems.civicrm, connection.group_id, addresses, work.site_clock)
    unowned = [one.member_id for one in found if one.address not in owners]
    with work.systems.store.reading() as tx:
        linked = own_rows.contacts_of_members(tx, connection.list_id, unowned)
    with work.scratch.begin() as tx:
        comparison.set_owners(
            tx,
            [
                (one.member_id, owners.get(one.address, linked.get(one.member_id)), one.address not in owners)
                for one in found
            ],
        )


def subscribed_in_group(page: Collection[GroupContact]) -> Iterator[tuple[int, int]]:
    """Yield the contacts and groups of current memberships."""
    return ((row.contact_id, row.group_id) for row in page if row.status == GroupStatus.ADDED)
