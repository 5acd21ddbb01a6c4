"""What a plan says is what is done, on random charities; and once it is done, there is nothing left to plan."""

from __future__ import annotations

import os

import pytest

from support.plan_worlds import problems_of

WORLDS = int(os.environ.get("MAILCHIMPSYNC_PLAN_WORLDS", "4"))


@pytest.mark.parametrize("world", range(WORLDS))
def test_what_is_done_is_what_was_planned_to_the_byte(world: int) -> None:
    assert list(problems_of(world)) == []
