"""Problems with values, in plain words: ours, not those of the library that finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimpsync.messages import Message, reason_of, say

_BY_TYPE: Mapping[str, Message] = {
    "missing": say("it is required"),
    "extra_forbidden": say("this name isn't known"),
    "string_pattern_mismatch": say("it doesn't have the required form"),
    "none_required": say("it must be left out"),
    "finite_number": say("it must be a finite number"),
    "json_invalid": say("it isn't valid JSON"),
    "json_type": say("it isn't valid JSON"),
    "invalid_key": say("its names must be text"),
}
_WITH_BOUND: Mapping[str, tuple[str, Message]] = {
    "greater_than": ("gt", say("it must be greater than %(bound)s")),
    "greater_than_equal": ("ge", say("it must be at least %(bound)s")),
    "less_than": ("lt", say("it must be less than %(bound)s")),
    "less_than_equal": ("le", say("it must be at most %(bound)s")),
    "string_too_short": ("min_length", say("its length must be at least %(bound)s")),
    "string_too_long": ("max_length", say("its length must be at most %(bound)s")),
    "too_short": ("min_length", say("it must have at least this many entries: %(bound)s")),
    "too_long": ("max_length", say("it must have at most this many entries: %(bound)s")),
    "literal_error": ("expected", say("it must be one of these: %(bound)s")),
    "enum": ("expected", say("it must be one of these: %(bound)s")),
}
_BY_FAMILY: Mapping[str, Message] = {
    "int": say("it must be a whole number"),
    "float": say("it must be a number"),
    "bool": say("it must be true or false"),
    "string": say("it must be text"),
    "datetime": say("it must be a date and a time, such as 2026-11-20T12:00:00Z"),
    "timezone": say("it must be a date and a time, such as 2026-11-20T12:00:00Z"),
    "date": say("it must be a date, such as 2026-11-20"),
    "list": say("it must be a list"),
    "tuple": say("it must be a list"),
    "set": say("it must be a list"),
    "frozen": say("it must be a list"),
    "dict": say("it must be an object"),
    "mapping": say("it must be an object"),
    "model": say("it must be an object"),
}
"""Problems by the first word of their type: `int_parsing` and `int_type` mean the same to a reader."""

_OTHERWISE = say("it can't be used")


def describe_problem(problem: Mapping[str, Any]) -> Message:
    """Return what pydantic finds wrong with a value, without the value itself.

    `problem` needs its context: what the bound is, and what a check of ours says.
    """
    kind, about = problem["type"], problem.get("ctx", {})
    if kind in _WITH_BOUND:
        name, text = _WITH_BOUND[kind]
        return Message(text, {"bound": _plain(about[name])})
    if isinstance(error := about.get("error"), ValueError):
        return Message("%(words)s", {"words": reason_of(error)})
    return _BY_TYPE.get(kind) or _BY_FAMILY.get(kind.partition("_")[0], _OTHERWISE)


def _plain(bound: object) -> str:
    """Return a bound as people read it: pydantic joins values by “or”, which is English."""
    return str(bound).replace(" or ", ", ")


def problem_at(place: str, problem: str, *, field: str = "") -> Message:
    """Return a problem with its place; it keeps both as values, and the name of the `field` that is to blame."""
    return Message("%(place)s: %(problem)s", {"place": place, "problem": problem, "field": field})
