"""The envelope of an answer, and `index`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mailchimpsync_sandbox.civicrm.errors import ApiError


@dataclass
class Result:
    """What a call answers; `counts` are keys of the envelope that not every answer has."""

    entity: str
    action: str
    values: list[Any]
    count: int | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def as_json(self, index: Any = None) -> dict[str, Any]:
        """Return the envelope, with `values` arranged by `index`.

        Raises:
            ApiError: the index is not among the values.
        """
        return {
            "values": self.values if index is None else arrange_rows(self.values, index),
            "entity": self.entity,
            "action": self.action,
            "debug": None,
            "version": 4,
            "count": len(self.values) if self.count is None else self.count,
            "countFetched": len(self.values),
            **self.counts,
        }


def arrange_rows(rows: list[dict[str, Any]], index: Any) -> Any:
    """Return rows by an index as the API takes it.

    A number picks one row, a name keys the rows by that field, `["title"]` picks a field of each,
    `{"id": "title"}` does both.

    Raises:
        ApiError: there is no such row or field.
    """
    try:
        if isinstance(index, bool) or index in ("", []):
            return rows
        if isinstance(index, int) or (isinstance(index, str) and index.lstrip("-").isdigit()):
            return rows[int(index)]
        if isinstance(index, str):
            return {str(row[index]): row for row in rows}
        if isinstance(index, list):
            return [row[index[0]] for row in rows]
        ((key, value),) = index.items()
        return {str(row[key]): row[value] for row in rows}
    except (KeyError, IndexError, AttributeError, ValueError) as error:
        raise ApiError(f"Index {index} not found in api results") from error
