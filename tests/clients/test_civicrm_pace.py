"""The size of write requests adapts to the speed of the site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from mailchimpsync.civicrm.http.pace import REQUEST_SECONDS, Pace, paced
from mailchimpsync.runtime import Runtime

if TYPE_CHECKING:
    from clients.conftest import FakeClock


def sizes_at(seconds_a_record: float, requests: int = 8) -> list[int]:
    pace = Pace(50, 250)
    found = []
    for _ in range(requests):
        found.append(pace.size)
        pace.note(pace.size, 0.3 + pace.size * seconds_a_record)
    return found


def test_a_fast_site_gets_more_and_more_up_to_the_most() -> None:
    assert sizes_at(0.01) == [50, 100, 200, 250, 250, 250, 250, 250]


@pytest.mark.parametrize("seconds_a_record", [0.2, 0.5, 2.0, 20.0])
def test_a_slow_site_gets_so_little_that_no_request_takes_long(seconds_a_record: float) -> None:
    later = sizes_at(seconds_a_record)[2:]
    assert max(later) * seconds_a_record <= max(REQUEST_SECONDS, seconds_a_record)
    assert min(later) >= 1


def test_a_few_records_at_the_end_say_nothing_about_the_pace() -> None:
    pace = Pace(50, 250)
    pace.note(1, 0.5)
    assert pace.size == 50


def test_every_record_is_worked_on_once_and_results_come_in_order() -> None:
    worked: list[int] = []

    def work(some: Sequence[int]) -> list[int]:
        worked.extend(some)
        return list(some)

    results = paced(Runtime(), Pace(3, 7), range(100), work)
    assert [one for part in results for one in part] == list(range(100))
    assert sorted(worked) == list(range(100))


def test_once_a_piece_has_failed_no_other_is_begun(clock: FakeClock) -> None:
    begun: list[int] = []

    def fail(some: Sequence[int]) -> None:
        begun.append(some[0])
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        paced(Runtime(executor=clock.runtime.executor), Pace(1, 1), range(1_000), fail)
    assert len(begun) <= 4
