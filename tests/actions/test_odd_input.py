"""Whatever callers send: what can't be understood is told as an error, and nothing of it is a mistake of the program."""

from __future__ import annotations

from typing import Any

import pytest

from actions.conftest import CharitySite
from mailchimpsync.actions.api.description import ACTIONS
from mailchimpsync.actions.api.dispatch import call
from support.service import LIST_ID, NEWS

ODD: tuple[Any, ...] = ("", "abc", -1, 10**20, None, [], {"bogus": 1}, {"IN": []}, "x" * 2_000, "\x00", float("nan"))
WRITING = ("fetchandreconcile", "apply", "create", "execute", "undo", "pullcampaigns")
"""What would begin to work if the odd value were taken: it gets a time that no call may have."""


def least(name: str) -> Any:
    """Return something for a parameter that has to be there."""
    return NEWS if "group" in name else LIST_ID if "list" in name else 1


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_odd_input_is_an_error_with_words_and_an_exit_code_or_an_answer(library: CharitySite, name: Any) -> None:
    action = ACTIONS[name]
    entity, _, verb = action.title.partition(".")
    fields = action.parameters.model_fields
    needed = {one: least(one) for one, field in fields.items() if field.is_required()}
    if verb.lower() in WRITING and "max_time" in fields:
        needed["max_time"] = -5
    for field in (*(one for one in fields if one != "max_time"), "bogus", "options"):
        for value in ODD:
            outcome = call(library.site, entity, verb, {**needed, field: value})
            told = outcome.envelope
            assert told["is_error"] in (0, 1), (field, value)
            assert told.get("error_code") != "INTERNAL", (field, value)
            if told["is_error"]:
                assert told["error_message"], (field, value)
                assert outcome.exit_code, (field, value)
            else:
                assert field != "bogus" or "options" in fields, value
