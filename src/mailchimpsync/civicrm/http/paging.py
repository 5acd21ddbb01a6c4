"""Reads many rows: by key, never by counting rows already seen, in few, large requests.

See docs/decisions/safe-to-kill.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient, Envelope, Rows
from mailchimpsync.civicrm.http.unreadable_rows import UnreadableRow
from mailchimpsync.http import unreadable_answer

PAGE_ROWS = 25_000
"""CiviCRM reads this many rows in 0.16 to 0.34 s (docs/reference/civicrm-behaviour.md#how-fast-it-answers)."""

PAGES_MAX = 10_000
IDS_MAX = 9_999
"""Ids in one condition. No round number: as many rows would look as if the site had cut them off there (`CAPS`), and be
asked for once more."""

CAPS = frozenset({*range(25, PAGE_ROWS, 25), *(2**power for power in range(5, 15))})
"""Page sizes at which a site may have cut off the rows: sites that set a limit choose a round number."""

Where = list[list[Any]]
T = TypeVar("T")


class Row(TypedDict):
    """The key that every row has."""

    id: int


R = TypeVar("R", bound=Row)


class _Page(Generic[R]):
    """A page: its rows, how many it had including unreadable ones, and the id after which the next starts."""

    def __init__(self, found: Rows[R], after: int, entity: str) -> None:
        rows, unreadable, self._matched = found
        ids = [*(row["id"] for row in rows[:1] + rows[-1:]), *(one.id for one in unreadable if one.id is not None)]
        if rows and (rows[0]["id"] <= after or rows[-1]["id"] < rows[0]["id"]):
            raise unreadable_answer(CIVICRM, f"{entity} not in the order of ids")
        self.rows, self.size, self.last = rows, len(rows) + len(unreadable), max(ids, default=after)

    def is_last(self, asked: int, most: int | None) -> bool:
        """Say whether this is the last page, of `asked` rows: a site may return fewer than requested."""
        is_whole = self.size in (self._matched, most)
        return is_whole or not may_be_cut_off(self.size, asked)


def may_be_cut_off(size: int, asked: int) -> bool:
    """Say whether more rows than these may match, given the number asked for: a site may have its own limit."""
    return size >= asked or size in CAPS


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def pages(
    client: CivicrmClient,
    entity: str,
    row: type[R],
    answer: TypeAdapter[Envelope[R]],
    where: Where,
    *,
    rows: int = PAGE_ROWS,
    unreadable: list[UnreadableRow] | None = None,
    most: int | None = None,
    few: bool = False,
) -> Iterator[list[R]]:
    """Yield all rows that match, in the order of their ids; asks for exactly the keys of `row`.

    While a page is used, the next one is on its way. A page of fewer rows than asked is the last one, unless the site
    seems to have a limit of its own: then the rows after it are requested as well. That isn't needed where all are
    there: as many as can match at `most`, or, where `few` are expected, as many as the site counts in the same request.
    Rows that can't be read are added to `unreadable` and left out; without it, they are an error.

    Raises:
        TransientError: `CV_ODD_ANSWER`, a key is missing, or the ids do not ascend.
    """

    def ask(last: int) -> _Page[R]:
        params = {
            "select": [*row.__annotations__, *(["row_count"] if few else [])],
            "where": [*where, ["id", ">", last]],
            "orderBy": {"id": "ASC"},
            "limit": rows,
        }
        found = client.read_rows(answer, TypeAdapter(row) if unreadable is not None else None, entity, params)
        (unreadable if unreadable is not None else []).extend(found.unreadable)
        page = _Page(found, last, entity)
        if not page.is_last(rows, most) and page.last <= last:
            raise unreadable_answer(CIVICRM, f"{entity} without ids")
        return page

    page = ask(0)
    if page.is_last(rows, most):
        yield from [page.rows] if page.rows else []
        return
    with client.runtime.executor(1) as ahead:
        for _ in range(PAGES_MAX):
            following = ahead.submit(ask, page.last)
            yield page.rows
            page = following.result()
            if page.is_last(rows, most=None):
                yield from [page.rows] if page.rows else []
                return
    raise unreadable_answer(CIVICRM, f"{entity} of more than {PAGES_MAX} pages")
