"""Codes in words, including codes that another version has written."""

from __future__ import annotations

from mailchimpsync.errors import REGISTRY, Code, Entry


def explain_code(code: str | None) -> Entry:
    """Return what is known about a code that was read from the store."""
    if code is not None and code in Code.__members__:
        return REGISTRY[Code(code)]
    return Entry(
        sentence="For a reason that this version doesn't know.",
        cause="It was written by another version.",
        remedy="Sync everything again.",
    )
