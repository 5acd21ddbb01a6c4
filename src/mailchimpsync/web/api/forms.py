"""Form and query fields with PHP's brackets, as CiviCRM's callers write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mailchimpsync.web.responses import BAD_REQUEST, RequestError

_FIELD = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 5


def read_fields(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return fields as values: `a[b]=1` is `{"a": {"b": "1"}}`, `a[]=1` is `{"a": ["1"]}`. The last of a name counts.

    Raises:
        RequestError: the names contradict each other, or are nested more deeply than any call needs.
    """
    found: dict[str, Any] = {}
    for name, value in fields:
        _put(found, _parts(name), value)
    return {name: _lists(value) for name, value in found.items()}


def _parts(name: str) -> list[str]:
    if (match := _FIELD.fullmatch(name)) is None:
        return [name]
    parts = [match[1], *_BRACKETS.findall(match[2])]
    if len(parts) > _DEEPEST:
        raise RequestError("A field is nested too deeply.", BAD_REQUEST)
    return parts


def _put(found: dict[str, Any], parts: list[str], value: str) -> None:
    place = found
    for part in parts[:-1]:
        place = place.setdefault(part or str(len(place)), {})
        if not isinstance(place, dict):
            raise RequestError("The names of the fields contradict each other.", BAD_REQUEST)
    place[parts[-1] or str(len(place))] = value


def _lists(value: Any) -> Any:
    """What is numbered from 0 on is a list, as in PHP."""
    if not isinstance(value, dict):
        return value
    values = {name: _lists(one) for name, one in value.items()}
    return list(values.values()) if list(values) == [str(number) for number in range(len(values))] else values
