"""The service's loops: one that fails is nobody else's trouble, and one that stands still is noticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

from mailchimpsync.runtime import Runtime
from mailchimpsync.worker.jobs import Stop
from mailchimpsync.worker.loop import BEAT_WITHIN, Loop

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PATIENCE_SECONDS = 10


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    @property
    def runtime(self) -> Runtime:
        return Runtime(now=lambda: self.now, sleep=self.sleep)


def finish(loop: Loop) -> None:
    loop.start()
    loop.join(PATIENCE_SECONDS)
    assert not loop.is_alive


def counting(stop: Event, calls: int, work: Callable[[int], float]) -> Callable[[Stop], float]:
    """Return work that sets `stop` at its last call."""
    number = 0

    def once(_asked: Stop) -> float:
        nonlocal number
        number += 1
        if number == calls:
            stop.set()
        return work(number)

    return once


def test_work_that_fails_is_tried_again_less_and_less_often() -> None:
    time, stop = Time(), Event()

    def fail(_number: int) -> float:
        raise ValueError("no member ann@example.org")

    finish(Loop("events", counting(stop, 9, fail), time.runtime, stop))

    assert (time.now - NOON).total_seconds() == 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60


def test_after_a_success_the_next_failure_is_a_first_one() -> None:
    time, stop = Time(), Event()

    def work(number: int) -> float:
        if number != 3:
            raise ValueError("a passing trouble")
        return 10

    finish(Loop("events", counting(stop, 5, work), time.runtime, stop))

    assert time.slept == [1, 2, 10, 1]


def test_a_long_rest_is_no_death() -> None:
    time, stop = Time(), Event()
    alive: list[bool] = []
    loop = Loop("housekeeping", counting(stop, 2, lambda _number: 3_600), time.runtime, stop)
    resting = time.sleep

    def sleep(seconds: float) -> None:
        resting(seconds)
        alive.append(loop.is_alive)

    loop._runtime = Runtime(now=lambda: time.now, sleep=sleep)
    finish(loop)

    assert len(alive) == 120
    assert all(alive)


def test_a_loop_that_hangs_is_not_alive() -> None:
    time, stop, hanging, over = Time(), Event(), Event(), Event()

    def hang(_asked: Stop) -> float:
        hanging.set()
        over.wait(PATIENCE_SECONDS)
        return 0

    loop = Loop("events", hang, time.runtime, stop)
    loop.start()
    assert hanging.wait(PATIENCE_SECONDS)
    before = loop.is_alive

    time.now += BEAT_WITHIN
    after = loop.is_alive

    assert (before, after) == (True, False)

    stop.set()
    over.set()
    loop.join(PATIENCE_SECONDS)


def test_long_work_that_asks_whether_to_stop_is_alive() -> None:
    time, stop = Time(), Event()
    alive: list[bool] = []

    def work(asked: Stop) -> float:
        for _ in range(5):
            time.now += timedelta(minutes=4)
            asked()
            alive.append(loop.is_alive)
        stop.set()
        return 0

    loop = Loop("events", work, time.runtime, stop)
    finish(loop)

    assert alive == [True] * 5
