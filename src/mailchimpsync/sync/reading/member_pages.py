"""Reads members, or the people in a report, page by page, with proof that nobody was skipped.

Pages overlap by one member. As long as the member at each seam is the same on both pages, nobody in front of the seam
has come or gone meanwhile, so nobody was skipped; a seam that doesn't match restarts the reading. So does an end before
the largest total that Mailchimp has reported: the last total may be too small. The same seam lets a later call continue
where this one stopped: by the identity of the last member, not by counting (docs/decisions/safe-to-kill.md). See
docs/decisions/proof-before-removal.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from mailchimpsync.errors import Code, EvidenceError
from mailchimpsync.mailchimp import UnreadableMember
from mailchimpsync.messages import say
from mailchimpsync.model import MemberStatus

PAGE_SIZE_MEMBERS = 1_000
PAGES_IN_FLIGHT_MAX = 8
ATTEMPTS_MAX = 3

# An unfiltered reading leaves archived members out (docs/reference/mailchimp-behaviour.md#reading-members), so they are
# read separately.
READINGS: tuple[MemberStatus | None, ...] = (None, MemberStatus.ARCHIVED)


class Entry(Protocol):
    """A person on a page."""

    @property
    def id(self) -> str:
        """The member id."""


E = TypeVar("E", bound=Entry)
E_co = TypeVar("E_co", bound=Entry, covariant=True)


class Page(Protocol[E_co]):
    """A page as Mailchimp returns it."""

    @property
    def total_items(self) -> int:
        """The total over all pages."""

    @property
    def members(self) -> Sequence[E_co]:
        """The members on this page."""


RequestPage = Callable[[MemberStatus | None, int, int], Page[E]]
"""Returns a page of the members with a status (one of `READINGS`), from an offset, up to a number of members."""


@dataclass(frozen=True, slots=True)
class Position:
    """Position in the reading: which reading, members passed, the last one's id, and the attempt.

    `total` is the largest total that Mailchimp has reported; `aside`: entries so far that can't be used as members.
    """

    reading: int = 0
    offset: int = 0
    last_id: str | None = None
    attempt: int = 1
    total: int = 0
    aside: int = 0


@dataclass(frozen=True, slots=True)
class PageRange(Generic[E]):
    """The members of a page that weren't on the one before, and the position after them.

    `total` is Mailchimp's total for this reading; `is_last`: all of those have been seen.
    """

    members: Sequence[E]
    position: Position
    total: int
    is_last: bool


class ShiftedError(Exception):
    """Members came or went in front of a seam, a page was short, or the total doesn't hold."""


def page_ranges(executor: Executor, ask: RequestPage[E], position: Position) -> Iterator[PageRange[E]]:
    """Yield a reading from a position to its end, while later pages are already being requested.

    Raises:
        ShiftedError: it has to be read again.
    """
    for page in _pages(executor, ask, position):
        _check_number(page, position)
        fresh = _after_seam(page, position)
        last_id = fresh[-1].id if fresh else position.last_id
        total = max(position.total, page.total_items)
        aside = position.aside + sum(isinstance(one, UnreadableMember) for one in fresh)
        position = replace(position, offset=position.offset + len(fresh), last_id=last_id, total=total, aside=aside)
        is_last = position.offset >= page.total_items
        is_short = len(page.members) < PAGE_SIZE_MEMBERS
        if (is_last and position.offset < total) or (is_short and not is_last):
            raise ShiftedError
        yield PageRange(fresh, position, page.total_items, is_last)
        if is_last:
            return


def next_attempt(list_id: str, position: Position) -> Position:
    """Return the position at which a shifted reading restarts.

    Raises:
        EvidenceError: `MC_INCOMPLETE`, all attempts are used up.
    """
    if position.attempt >= ATTEMPTS_MAX:
        raise EvidenceError(
            Code.MC_INCOMPLETE,
            say(
                "Audience %(id)s couldn't be read completely in %(attempts)s attempts: its pages do not fit "
                "together, so someone may be missing.",
                id=list_id,
                attempts=ATTEMPTS_MAX,
            ),
        )
    return Position(reading=position.reading, attempt=position.attempt + 1)


def _pages(executor: Executor, ask: RequestPage[E], position: Position) -> Iterator[Page[E]]:
    offset = max(0, position.offset - 1)
    ahead: deque[Future[Page[E]]] = deque([executor.submit(ask, READINGS[position.reading], offset, PAGE_SIZE_MEMBERS)])
    try:
        while ahead:
            page = ahead.popleft().result()
            yield page
            while len(ahead) < PAGES_IN_FLIGHT_MAX and offset + PAGE_SIZE_MEMBERS < page.total_items:
                offset += PAGE_SIZE_MEMBERS - 1
                ahead.append(executor.submit(ask, READINGS[position.reading], offset, PAGE_SIZE_MEMBERS))
    finally:
        for future in ahead:
            future.cancel()


def _check_number(page: Page[E], position: Position) -> None:
    """Check that nobody is on a page twice, and that a full page stays within the total."""
    goes_beyond = max(0, position.offset - 1) + len(page.members) > page.total_items
    is_full = len(page.members) >= PAGE_SIZE_MEMBERS
    twice = len({member.id for member in page.members}) < len(page.members)
    if (is_full and goes_beyond) or twice:
        raise ShiftedError


def _after_seam(page: Page[E], position: Position) -> list[E]:
    if position.last_id is None:
        return list(page.members)
    if not page.members or page.members[0].id != position.last_id:
        raise ShiftedError
    return list(page.members[1:])
