"""Problems with values, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimpsync.messages import Message, say

_WORDS = {"string_pattern_mismatch": say("it doesn't have the required form")}


def describe_problem(problem: Mapping[str, Any]) -> str:
    """Return what pydantic finds wrong with a value, without the value itself."""
    return _WORDS.get(problem["type"], str(problem["msg"]))


def problem_at(place: str, problem: str, *, field: str = "") -> Message:
    """Return a problem with its place; it keeps both as values, and the name of the `field` that is to blame."""
    return Message("%(place)s: %(problem)s", {"place": place, "problem": problem, "field": field})
