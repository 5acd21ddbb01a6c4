"""Stage `readyToFetch`: read the members of the audience, and prove that all were read (DESIGN 3.4).

Pages overlap by one member. As long as the member at each seam is the same from both pages, nobody in front of the
seam has come or gone meanwhile, so nobody was skipped; a seam that doesn't match starts the reading anew. The same seam
lets a later call go on where this one stopped: by the identity of the last member, not by counting (DESIGN 3.8).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass, replace
from typing import Any

from mailchimpsync.errors import Code, EvidenceError
from mailchimpsync.mailchimp import Member, MemberPage, member_page
from mailchimpsync.model import MemberStatus
from mailchimpsync.store import Transaction, members
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.notice_erased import notice_erased

PAGE_SIZE_MEMBERS = 1_000
PAGES_IN_FLIGHT_MAX = 8
ATTEMPTS_MAX = 3
MEMBERS_PER_STEP = 5_000

# An unfiltered reading leaves archived members out (mailchimp-api.md 2.2), so they are read by themselves.
READINGS: tuple[MemberStatus | None, ...] = (None, MemberStatus.ARCHIVED)


@dataclass(frozen=True, slots=True)
class _Position:
    """How far the reading is: which one, how many members are behind us, who was the last, and at which attempt."""

    reading: int = 0
    offset: int = 0
    last_id: str | None = None
    attempt: int = 1


class _ShiftedError(Exception):
    """Members came or went in front of a seam, or a page was short."""


def fetch(run: Run) -> bool:
    """Read members into the cache, each due; return whether the stage is complete."""
    position = _Position(**run.read_progress())
    with run.runtime.executor(PAGES_IN_FLIGHT_MAX) as executor:
        while position.reading < len(READINGS):
            try:
                position = _read(run, executor, position)
            except _ShiftedError:
                position = _start_again(run, position)
            if run.deadline.reached and position.reading < len(READINGS):
                return False
        if run.since is None:
            run.store.refresh_statistics()
        with run.transaction() as tx:
            renamed = members.follow_renamed_members(tx, run.list_id, run.id)
            read = members.count_seen(tx, run.list_id, run.id)
        erased = 0 if run.since is not None else notice_erased(run, executor)
    run.log(f"Read {read} members from Mailchimp" + (f"; {renamed} had changed their address." if renamed else "."))
    if erased:
        run.log(f"{erased} members were permanently deleted at Mailchimp.")
    return True


def _read(run: Run, executor: Executor, position: _Position) -> _Position:
    """Read one reading to its end, or as far as time allows; several pages are stored at a time."""
    unstored: list[Member] = []
    for page in _pages(run, executor, position):
        fresh = _behind_the_seam(page, position)
        last_id = fresh[-1].id if fresh else position.last_id
        position = replace(position, offset=position.offset + len(fresh), last_id=last_id)
        complete = position.offset >= page.total_items
        if not complete and len(page.members) < PAGE_SIZE_MEMBERS:
            raise _ShiftedError
        unstored.extend(fresh)
        run.progress.advance(len(fresh), page.total_items)
        if complete:
            _store(run, unstored, _Position(reading=position.reading + 1), page.total_items)
            return _Position(reading=position.reading + 1)
        if len(unstored) >= MEMBERS_PER_STEP or run.deadline.reached:
            _store(run, unstored, position, None)
            unstored = []
        if run.deadline.reached:
            break
    return position


def _pages(run: Run, executor: Executor, position: _Position) -> Iterator[MemberPage]:
    """Yield the pages from a position on, in order, while later ones are already on their way."""
    offset = max(0, position.offset - 1)
    ahead: deque[Future[MemberPage]] = deque([_ask(run, executor, position.reading, offset)])
    try:
        while ahead:
            page = ahead.popleft().result()
            yield page
            while len(ahead) < PAGES_IN_FLIGHT_MAX and offset + PAGE_SIZE_MEMBERS < page.total_items:
                offset += PAGE_SIZE_MEMBERS - 1
                ahead.append(_ask(run, executor, position.reading, offset))
    finally:
        for future in ahead:
            future.cancel()


def _ask(run: Run, executor: Executor, reading: int, offset: int) -> Future[MemberPage]:
    return executor.submit(
        member_page,
        run.mailchimp,
        run.list_id,
        offset=offset,
        count=PAGE_SIZE_MEMBERS,
        since=run.since,
        status=READINGS[reading],
        with_interests=bool(run.connection.interests),
    )


def _behind_the_seam(page: MemberPage, position: _Position) -> list[Member]:
    if position.last_id is None:
        return list(page.members)
    if not page.members or page.members[0].id != position.last_id:
        raise _ShiftedError
    return list(page.members[1:])


def _store(run: Run, fresh: list[Member], position: _Position, total_if_complete: int | None) -> None:
    with run.transaction() as tx:
        members.store_members(tx, run.list_id, run.id, [member_row(run, member) for member in fresh])
        if total_if_complete is not None:
            _check_total(tx, run, total_if_complete)
        run.note_progress(tx, asdict(position))


def _check_total(tx: Transaction, run: Run, total: int) -> None:
    """As many different members must have been seen as Mailchimp says there are; a member twice is one missing."""
    if members.count_seen(tx, run.list_id, run.id) < total:
        raise _ShiftedError


def member_row(run: Run, member: Member) -> Mapping[str, Any]:
    """Return what Mailchimp says of a member, as a cache row keeps it."""
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


def _start_again(run: Run, position: _Position) -> _Position:
    if position.attempt >= ATTEMPTS_MAX:
        with run.transaction() as tx:
            run.note_progress(tx, None)
        raise EvidenceError(
            Code.MC_INCOMPLETE,
            f"Audience {run.list_id} could not be read completely in {ATTEMPTS_MAX} attempts: its pages do not fit "
            "together, so somebody may be missing.",
        )
    run.log("The audience changed while it was being read; reading it again.")
    again = _Position(reading=position.reading, attempt=position.attempt + 1)
    with run.transaction() as tx:
        run.note_progress(tx, asdict(again))
    return again
