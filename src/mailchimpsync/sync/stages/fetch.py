"""Stage `readyToFetch`: read the members of the audience, and prove that all were read.

See docs/decisions/proof-before-removal.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, replace
from typing import Any

from mailchimpsync.errors import EvidenceError
from mailchimpsync.mailchimp import Member, MemberPage, UnreadableMember, member_if_readable, member_page
from mailchimpsync.model import MemberStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import members
from mailchimpsync.store.cache.deleted_members import forget_unseen_tombstones
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.deleted_members import find_deleted_members
from mailchimpsync.sync.reading.member_pages import (
    PAGES_IN_FLIGHT_MAX,
    READINGS,
    Position,
    ShiftedError,
    next_attempt,
    page_ranges,
)
from mailchimpsync.sync.safety.plausibility import check_members

MEMBERS_PER_STEP = 5_000
UNREADABLE_PER_RUN = 500
_NO_CHANGE: Mapping[str, Any] = dict.fromkeys(
    (
        "identity",
        "mailchimp_member_id",
        "mailchimp_contact_id",
        "mailchimp_email",
        "mailchimp_status",
        "mailchimp_status_date",
        "mailchimp_updated",
        "mailchimp_opted_in",
        "mailchimp_data",
        "mailchimp_interests",
    )
)


def fetch(run: Run) -> bool:
    """Read members into the cache, each due; return whether the stage is complete.

    Restarts of a reading are limited per call: in a busy audience every long reading is disturbed.
    """
    position = replace(Position(**run.read_progress()), attempt=1)
    with run.runtime.executor(PAGES_IN_FLIGHT_MAX) as executor:
        while position.reading < len(READINGS):
            try:
                position = _read(run, executor, position)
            except ShiftedError:
                position = _restart_fetch(run, position)
            if run.deadline.reached and position.reading < len(READINGS):
                return False
        run.store.refresh_statistics(everything_was_read=run.since is None)
        with run.transaction() as tx:
            renamed = members.follow_renamed_members(tx, run.list_id, run.id)
            read = members.count_seen(tx, run.list_id, run.id)
        _reread_changed(run, executor)
        check_members(run)
        erased = 0 if run.since is not None else find_deleted_members(run, executor)
    if run.since is None:
        with run.transaction() as tx:
            forget_unseen_tombstones(tx, run.list_id, run.id)
    run.log(f"Read {read} members from Mailchimp" + (f"; {renamed} had changed their address." if renamed else "."))
    if erased:
        run.log(f"{erased} members were permanently deleted at Mailchimp.")
    return True


def _read(run: Run, executor: Executor, position: Position) -> Position:
    """Read one reading to its end, or until time is over; several pages are stored at a time."""

    def ask(status: MemberStatus | None, offset: int, count: int) -> MemberPage:
        return member_page(
            run.mailchimp,
            run.list_id,
            offset=offset,
            count=count,
            since=run.since,
            status=status,
            with_interests=bool(run.connection.interests),
        )

    unstored: list[Member | UnreadableMember] = []
    for stretch in page_ranges(executor, ask, position):
        position = stretch.position
        unstored.extend(stretch.members)
        run.progress.advance(len(stretch.members), stretch.total)
        if stretch.is_last:
            position = Position(reading=position.reading + 1)
            _store(run, unstored, position, stretch.total - stretch.position.aside)
            return position
        if len(unstored) >= MEMBERS_PER_STEP or run.deadline.reached:
            _store(run, unstored, position, None)
            unstored = []
        if run.deadline.reached:
            break
    return position


def _store(run: Run, fresh: list[Member | UnreadableMember], position: Position, total_if_complete: int | None) -> None:
    aside = [one for one in fresh if isinstance(one, UnreadableMember)]
    _log_unusable_members(run, aside)
    with run.transaction() as tx:
        members.store_members(
            tx, run.list_id, run.id, [member_row(run, one) for one in fresh if isinstance(one, Member)]
        )
        members.record_unreadable(tx, run.list_id, run.id, {one.member_id for one in aside if one.member_id})
        if total_if_complete is not None:
            _check_total(tx, run, total_if_complete)
        run.note_progress(tx, asdict(position))


def _log_unusable_members(run: Run, aside: Sequence[UnreadableMember]) -> None:
    """Name the members that can't be read in the log, and count those without an e-mail address."""
    for one in aside:
        if one.why:
            who = f"Member {one.member_id}" if one.member_id else "A member without an id"
            run.log(f"{who} can't be read at Mailchimp ({one.why}), and is skipped.")
    without = sum(not one.why for one in aside)
    if without:
        run.log(f"{without} members at Mailchimp have no e-mail address, and are skipped.")


def _reread_changed(run: Run, executor: Executor) -> None:
    """Request members individually that couldn't be read before: nothing else may have changed about them since."""
    with run.transaction() as tx:
        ids = members.unreadable_before(tx, run.list_id, run.id, UNREADABLE_PER_RUN)
    if not ids:
        return
    found = list(executor.map(lambda key: member_if_readable(run.mailchimp, run.list_id, key), ids))
    with run.transaction() as tx:
        fresh = [member_row(run, one) for one in found if isinstance(one, Member) and one.email_address]
        members.store_members(tx, run.list_id, None, fresh)


def _check_total(tx: Transaction, run: Run, total: int) -> None:
    """The number of different members seen must match Mailchimp's total; if one was seen twice, another is missing."""
    if members.count_seen(tx, run.list_id, run.id) < total:
        raise ShiftedError


def member_row(run: Run, member: Member) -> Mapping[str, Any]:
    """Return what Mailchimp says of a member, as stored in a cache row; of an erased one, only that it exists."""
    if run.erased.knows(member.email_address):
        return {**_NO_CHANGE, "identity": run.erased.identity_of(member.email_address)}
    linked = {
        interest: member.interests[interest] for interest in run.connection.interests if interest in member.interests
    }
    return {
        "identity": f"m:{member.id}",
        "mailchimp_member_id": member.id,
        "mailchimp_contact_id": member.contact_id,
        "mailchimp_email": member.email_address,
        "mailchimp_status": member.status,
        "mailchimp_status_date": member.last_changed,
        "mailchimp_updated": member.last_changed,
        "mailchimp_opted_in": member.opted_in_at,
        "mailchimp_data": {"first_name": member.first_name, "last_name": member.last_name},
        "mailchimp_interests": linked,
    }


def _restart_fetch(run: Run, position: Position) -> Position:
    try:
        again = next_attempt(run.list_id, position)
    except EvidenceError:
        with run.transaction() as tx:
            run.note_progress(tx, None)
        raise
    run.log("The audience changed while it was being read; reading it again.")
    with run.transaction() as tx:
        run.note_progress(tx, asdict(again))
    return again
