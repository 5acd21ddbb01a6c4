"""Reads PHP-serialised values: null, booleans, numbers, texts and arrays of them, within bounds.

Nothing is evaluated, and objects and references are refused: the PHP extension's columns have none. Why it is our own:
docs/decisions/takeover.md.
"""

from __future__ import annotations

import re
from typing import TypeAlias

PhpValue: TypeAlias = "bool | int | float | str | dict[int | str, PhpValue] | None"

BYTES_MAX = 1_000_000
DEPTH_MAX = 10

_HEAD = re.compile(rb'N;|([bi]):(-?\d{1,20});|d:([-+0-9.eE]{1,40});|s:(\d{1,7}):"|a:(\d{1,6}):\{')


class NotPhpError(ValueError):
    """A text isn't a PHP-serialised value of the few kinds that occur, or is too large. It never quotes the text."""


def php_value(data: bytes) -> PhpValue:
    """Return the value that PHP's `serialize` made a text of; arrays become dictionaries.

    Raises:
        NotPhpError: it is something else, or over `BYTES_MAX` long or `DEPTH_MAX` deep.
    """
    if len(data) > BYTES_MAX:
        raise NotPhpError("too long")
    value, end = _value(data, 0, DEPTH_MAX)
    if end != len(data):
        raise NotPhpError(f"something follows at {end}")
    return value


def _value(data: bytes, at: int, depth: int) -> tuple[PhpValue, int]:
    head = _HEAD.match(data, at)
    if head is None:
        raise NotPhpError(f"no value at {at}")
    kind, whole, fraction, length, size = head.groups()
    if whole is not None:
        return (int(whole) != 0 if kind == b"b" else int(whole)), head.end()
    if fraction is not None:
        return _float(fraction, at), head.end()
    if length is not None:
        return _text(data, head.end(), int(length))
    if size is not None:
        return _array(data, head.end(), int(size), depth)
    return None, head.end()


def _float(text: bytes, at: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise NotPhpError(f"no number at {at}") from None


def _text(data: bytes, at: int, length: int) -> tuple[str, int]:
    """PHP counts bytes, not characters."""
    end = at + length
    if data[end : end + 2] != b'";':
        raise NotPhpError(f"no text of that length at {at}")
    try:
        return data[at:end].decode(), end + 2
    except UnicodeDecodeError:
        raise NotPhpError(f"no UTF-8 at {at}") from None


def _array(data: bytes, at: int, size: int, depth: int) -> tuple[dict[int | str, PhpValue], int]:
    if not depth:
        raise NotPhpError("too deep")
    found: dict[int | str, PhpValue] = {}
    for _ in range(size):
        key, at = _value(data, at, 0)
        if not isinstance(key, (int, str)) or isinstance(key, bool):
            raise NotPhpError(f"no key before {at}")
        found[key], at = _value(data, at, depth - 1)
    if data[at : at + 1] != b"}":
        raise NotPhpError(f"no end of the array at {at}")
    return found, at + 1
