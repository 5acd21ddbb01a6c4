"""What pydantic says of a value, in words for people: no regular expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {"string_pattern_mismatch": "it has not the form that is needed"}


def in_words(problem: Mapping[str, Any]) -> str:
    """Return what is wrong with a value, without the value."""
    return _WORDS.get(problem["type"], str(problem["msg"]))
