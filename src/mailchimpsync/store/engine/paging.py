"""Positions of pages: sort keys, and pages of rows that are all in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement

from mailchimpsync.store.schema import cache

Key = int | str | datetime | None
Place = tuple[Key, int]
"""The position of a row: its sort key and id."""


class Order(StrEnum):
    """The columns rows can be sorted by."""

    ID = "id"
    SYNC_STATUS = "sync_status"
    CONTACT = "contact"
    ADDRESS = "email"
    UPDATED = "updated"

    @property
    def column(self) -> ColumnElement[Any]:
        """The column; rows without a value come last in either direction."""
        return _COLUMNS[self]

    @property
    def is_indexed(self) -> bool:
        """Return whether any number of rows can be sorted by it: indexes on the others would slow down every sync."""
        return self in (Order.ID, Order.SYNC_STATUS, Order.CONTACT)


_COLUMNS: dict[Order, ColumnElement[Any]] = {
    Order.ID: cache.c.id,
    Order.SYNC_STATUS: cache.c.sync_status,
    Order.CONTACT: cache.c.civicrm_contact_id,
    Order.ADDRESS: cache.c.mailchimp_email,
    Order.UPDATED: cache.c.mailchimp_updated,
}


@dataclass(frozen=True)
class Turn:
    """Which page: sort order, direction, and where it starts."""

    order: Order = Order.ID
    descends: bool = False
    after: Place | None = None
    before: Place | None = None
    size: int = 50


@dataclass(frozen=True)
class Part:
    """The positions of a page, and whether there are more before and after it."""

    positions: Sequence[Place]
    has_previous: bool
    has_next: bool


def sorted_positions(matches: Sequence[Place], *, descends: bool) -> list[Place]:
    """Return the positions in order; rows without a value come last in either direction."""
    with_key = sorted([one for one in matches if one[0] is not None], reverse=descends)
    return with_key + sorted([one for one in matches if one[0] is None], key=lambda one: one[1], reverse=descends)


def _rank(place: Place) -> tuple[bool, Any, int]:
    """Order positions of one column: those without a value come last."""
    return (place[0] is None, place[0] if place[0] is not None else 0, place[1])


def page_of(positions: Sequence[Place], turn: Turn) -> Part:
    """Return one page of all positions."""
    start = 0
    if turn.after is not None:
        start = _first_after(positions, turn.after, descends=turn.descends, inclusive=False)
    elif turn.before is not None:
        start = max(0, _first_after(positions, turn.before, descends=turn.descends, inclusive=True) - turn.size)
    end = start + turn.size
    return Part(positions[start:end], start > 0, end < len(positions))


def _first_after(positions: Sequence[Place], place: Place, *, descends: bool, inclusive: bool) -> int:
    """Return the index of the first position after the given one, or, inclusive, not before it."""
    for index, one in enumerate(positions):
        if (inclusive and one == place) or _comes_after(one, place, descends=descends):
            return index
    return len(positions)


def _comes_after(one: Place, other: Place, *, descends: bool) -> bool:
    (lacks, key, row_id), (other_lacks, other_key, other_id) = _rank(one), _rank(other)
    if lacks != other_lacks:
        return lacks
    return bool((key, row_id) < (other_key, other_id) if descends else (key, row_id) > (other_key, other_id))
