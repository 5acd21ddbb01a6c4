"""Pydantic's messages about a value, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {"string_pattern_mismatch": "it doesn't have the required form"}


def describe_problem(problem: Mapping[str, Any]) -> str:
    """Return what is wrong with a value, without the value itself."""
    return _WORDS.get(problem["type"], str(problem["msg"]))
