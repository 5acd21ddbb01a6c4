"""A call that hands the time it has on to another one: 0 means no limit there, and none left must not become that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailchimpsync.actions.time_limit import seconds_for_call
from mailchimpsync.runtime import Deadline, Runtime

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT_NOON = Runtime(now=lambda: NOON)


@pytest.mark.parametrize(("passed", "given"), [(0, 300), (120, 180), (300, 1), (4_000, 1)])
def test_where_no_time_is_left_the_call_gets_hardly_any_and_never_all_it_wants(passed: int, given: int) -> None:
    deadline = replace(Deadline.after(AT_NOON, 300), runtime=Runtime(now=lambda: NOON + timedelta(seconds=passed)))

    assert seconds_for_call(deadline, 300) == given


def test_someone_who_wants_it_to_stop_does_not_make_it_endless() -> None:
    assert seconds_for_call(Deadline.after(AT_NOON, 300, stop=lambda: True), 300) == 1


def test_a_call_without_a_limit_has_none() -> None:
    assert seconds_for_call(Deadline.after(AT_NOON, 0), 0) == 0
