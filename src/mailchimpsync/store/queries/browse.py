"""Cache rows for browsing: filtered, sorted, a page at a time, however many rows there are.

If few rows match, all are read, and sorted here. Otherwise they are read by an index, from the row at which the
previous page ended, so that a page stays right while rows change, and a late page costs no more than the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from mailchimpsync.model import IN_FLIGHT, SyncStatus, full_name
from mailchimpsync.store.cache.members import make_due
from mailchimpsync.store.engine.paging import Order, Part, Place, Turn, page_of, sorted_positions
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.queries.filters import RowFilter, matching, statuses_of
from mailchimpsync.store.schema import cache, group_contact

SMALL_RESULT = 10_000
"""Up to this many matches are counted exactly, and can be sorted by any column."""

WINDOW = 40_000
"""How many rows are searched at first if no index finds the matches."""

_STEP = 5_000


class BrowsedRow(NamedTuple):
    """What both sides say; `civicrm_status` and `civicrm_updated` are of the subscription group."""

    id: int
    civicrm_contact_id: int | None
    mailchimp_member_id: str | None
    mailchimp_contact_id: str | None
    mailchimp_email: str | None
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    mailchimp_updated: datetime | None
    mailchimp_data: Mapping[str, str] | None
    mailchimp_interests: Mapping[str, bool] | None
    civicrm_name: str | None
    civicrm_address: str | None
    sync_status: str
    reason: str | None
    reason_detail: str | None
    departed_contact_id: int | None
    civicrm_status: str | None
    civicrm_updated: datetime | None

    @property
    def name(self) -> str:
        """The person's name, "" if it isn't known."""
        return full_name(self.mailchimp_data, self.civicrm_name)

    @property
    def address(self) -> str | None:
        """The address at Mailchimp, else the contact's."""
        return self.mailchimp_email or self.civicrm_address


@dataclass(frozen=True)
class Found:
    """A page.

    Attributes:
        positions: the positions of its first and last row; None without rows.
        number: how many rows match; None: more than `SMALL_RESULT`, and not counted.
        is_whole: whether all rows were searched; else only the first `WINDOW` were.
        order: the sort order used: large results can't be sorted by every column.
    """

    rows: Sequence[BrowsedRow]
    positions: tuple[Place, Place] | None
    number: int | None
    is_whole: bool
    order: Order
    has_previous: bool
    has_next: bool


def find(tx: Connection, wanted: RowFilter, turn: Turn, *, quick: bool = False) -> Found:
    """Return a page; `quick`, of the first `WINDOW` rows at least, if searching all would take long."""
    number = _count_by_index(tx, wanted)
    if number is not None and number > SMALL_RESULT:
        return _find_in_window(tx, wanted, turn, number)
    end = _end_of_window(tx, wanted) if quick and not _is_narrow(tx, wanted) else None
    query = matching(wanted, turn.order.column.label("key"), cache.c.id.label("id"))
    if end is not None:
        query = query.where(cache.c.id <= end)
    matches = tx.execute(query.limit(SMALL_RESULT + 1)).all()
    if len(matches) <= SMALL_RESULT:
        part = page_of(sorted_positions([(key, row_id) for key, row_id in matches], descends=turn.descends), turn)
        return _page(tx, wanted, turn, part, len(matches), is_whole=end is None)
    return _find_in_window(tx, wanted, turn, None)


def _find_in_window(tx: Connection, wanted: RowFilter, turn: Turn, number: int | None) -> Found:
    if not turn.order.is_indexed:
        turn = Turn(size=turn.size)
    return _page(tx, wanted, turn, _read(tx, wanted, turn), number, is_whole=True)


def _page(tx: Connection, wanted: RowFilter, turn: Turn, part: Part, number: int | None, *, is_whole: bool) -> Found:
    rows = _rows(tx, wanted, [row_id for _, row_id in part.positions])
    ends = (part.positions[0], part.positions[-1]) if part.positions else None
    return Found(rows, ends, number, is_whole, turn.order, part.has_previous, part.has_next)


def _is_narrow(tx: Connection, wanted: RowFilter) -> bool:
    """Return whether an index selects few enough rows to search them all."""
    if wanted.is_selective:
        return True
    statuses = statuses_of(wanted)
    query = select(cache.c.id).where(cache.c.mailchimp_list_id == wanted.list_id)
    if statuses is not None:
        query = query.where(cache.c.sync_status.in_(statuses))
    some = query.limit(WINDOW + 1).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one()) <= WINDOW


def _end_of_window(tx: Connection, wanted: RowFilter) -> int | None:
    here = cache.c.mailchimp_list_id == wanted.list_id
    query = select(cache.c.id).where(here).order_by(cache.c.id).offset(WINDOW).limit(1)
    return tx.execute(query).scalar_one_or_none()


def _count_by_index(tx: Connection, wanted: RowFilter) -> int | None:
    """Count if an index alone can tell."""
    if not wanted.is_by_sync_status_only:
        return None
    query = select(func.count()).where(cache.c.mailchimp_list_id == wanted.list_id)
    if wanted.sync_status:
        query = query.where(cache.c.sync_status.in_(wanted.sync_status))
    return int(tx.execute(query).scalar_one())


def _read(tx: Connection, wanted: RowFilter, turn: Turn) -> Part:
    """Read a page by an index: first, or last, the rows with a value, then those without."""
    backwards = turn.after is None and turn.before is not None
    begin = turn.before if backwards else turn.after
    segments = _segments(turn.order, backwards=backwards)
    if begin is not None and (begin[0] is not None) in segments:
        segments = segments[segments.index(begin[0] is not None) :]
    else:
        begin = None
    found: list[Place] = []
    for has_key in segments:
        query = _segment(wanted, turn, begin, has_key=has_key, backwards=backwards)
        found += [(row.key, row.id) for row in tx.execute(query.limit(turn.size + 1 - len(found)))]
        if len(found) > turn.size:
            break
        begin = None
    more = len(found) > turn.size
    page = found[: turn.size][::-1] if backwards else found[: turn.size]
    return Part(page, more if backwards else turn.after is not None, backwards or more)


def _segments(order: Order, *, backwards: bool) -> list[bool]:
    """Return, in reading order, whether rows have a value: those without come last."""
    if order is not Order.CONTACT:
        return [True]
    return [False, True] if backwards else [True, False]


def _segment(wanted: RowFilter, turn: Turn, start: Place | None, *, has_key: bool, backwards: bool) -> Select[Any]:
    """Return the query for the positions from `start`: with a value, or without one."""
    key, row_id = turn.order.column, cache.c.id
    falls = turn.descends != backwards
    query = matching(wanted, row_id, key.label("key"))
    if turn.order is Order.CONTACT:
        query = query.where(key.is_not(None) if has_key else key.is_(None))
    sorting = [key, row_id] if has_key and turn.order is not Order.ID else [row_id]
    if start is not None:
        query = query.where(_after_position(sorting, [start[0], start[1]][-len(sorting) :], falls=falls))
    return query.order_by(*(column.desc() if falls else column.asc() for column in sorting))


def _after_position(
    columns: Sequence[ColumnElement[Any]], values: Sequence[Any], *, falls: bool
) -> ColumnElement[bool]:
    """Return the condition that a row comes after a position; its first part is there for the index."""
    first, last = columns[0], columns[-1]
    further: ColumnElement[bool] = last < values[-1] if falls else last > values[-1]
    if len(columns) == 1:
        return further
    beyond = first < values[0] if falls else first > values[0]
    from_here = first <= values[0] if falls else first >= values[0]
    return and_(from_here, or_(beyond, and_(first == values[0], further)))


def _rows(tx: Connection, wanted: RowFilter, ids: Sequence[int]) -> list[BrowsedRow]:
    in_group = {"civicrm_status": group_contact.c.status, "civicrm_updated": group_contact.c.date}
    query = select_as(BrowsedRow, cache, **in_group).select_from(wanted.with_group()).where(cache.c.id.in_(ids))
    found = {row.id: row for row in fetch(tx, BrowsedRow, query)}
    return [found[row_id] for row_id in ids if row_id in found]


def stream(tx: Connection, wanted: RowFilter, after: int, limit: int) -> list[BrowsedRow]:
    """Return the next rows that match, by id: for reading all of them, some at a time."""
    query = matching(wanted, cache.c.id).where(cache.c.id > after).order_by(cache.c.id).limit(limit)
    return _rows(tx, wanted, list(tx.execute(query).scalars()))


def include_some(tx: Connection, wanted: RowFilter, after: int) -> tuple[int | None, int]:
    """Make the next matching rows due, by id; return the last one read (None at the end), and how many were made due.

    Rows that are due already or have an update in flight are skipped: they will be decided anyway.
    """
    settled = cache.c.sync_status.not_in([SyncStatus.TODO.value, *(status.value for status in IN_FLIGHT)])
    query = matching(wanted, cache.c.id).where(settled, cache.c.id > after).order_by(cache.c.id).limit(_STEP)
    ids = list(tx.execute(query).scalars())
    number = make_due(tx, cache.c.id.in_(ids), settled) if ids else 0
    return (ids[-1] if len(ids) == _STEP else None), number
