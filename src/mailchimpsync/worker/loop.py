"""A thread that does one kind of work over and over, and whose errors are nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

from mailchimpsync.runtime import Runtime
from mailchimpsync.worker.reporting import log_failure

BEAT_WITHIN = timedelta(minutes=5)
"""A loop that asked for so long neither for work nor whether to stop is taken for dead; requests end sooner."""

BACKOFF_SECONDS_MAX = 60.0
REST_SECONDS_MAX = 30.0
_DOUBLINGS_MAX = 6

Stop = Callable[[], bool]


class Loop:
    """Calls `work` over and over, which returns how many seconds to wait until the next time.

    `work` is given a function that says whether to stop, to be asked between two bits of work: that is the loop's
    heartbeat too. `runtime.sleep` must end early when `stop` is set.
    """

    def __init__(self, name: str, work: Callable[[Stop], float], runtime: Runtime, stop: Event) -> None:
        self.name = name
        self._work = work
        self._runtime = runtime
        self._stop = stop
        self._failures = 0
        self._last_beat = runtime.now()
        self._thread = Thread(target=self._go_on, name=f"mailchimpsync-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until it has ended, but not longer than so many seconds."""
        self._thread.join(seconds)

    @property
    def is_alive(self) -> bool:
        """Say whether the thread lives, and has asked for work lately."""
        return self._thread.is_alive() and self._runtime.now() - self._last_beat < BEAT_WITHIN

    def _asked_to_stop(self) -> bool:
        self._last_beat = self._runtime.now()
        return self._stop.is_set()

    def _go_on(self) -> None:
        while not self._asked_to_stop():
            self._rest(self._once())

    def _rest(self, seconds: float) -> None:
        left = seconds
        while left > 0 and not self._asked_to_stop():
            self._runtime.sleep(min(left, REST_SECONDS_MAX))
            left -= REST_SECONDS_MAX

    def _once(self) -> float:
        try:
            pause = self._work(self._asked_to_stop)
        except Exception as error:  # noqa: BLE001 (whatever happens, the loop goes on and the others are not touched)
            return self._after(error)
        self._failures = 0
        return pause

    def _after(self, error: Exception) -> float:
        pause = min(2.0 ** min(self._failures, _DOUBLINGS_MAX), BACKOFF_SECONDS_MAX)
        self._failures += 1
        log_failure("loop.failed", error, loop=self.name, again_in_seconds=pause)
        return pause
