"""A thread that repeats one kind of work. Its errors don't affect other threads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

from mailchimpsync.runtime import Runtime
from mailchimpsync.worker.jobs import Stop
from mailchimpsync.worker.reporting import log_failure

BEAT_WITHIN = timedelta(minutes=5)
"""A loop without a heartbeat for this long counts as dead. Requests end sooner."""

BACKOFF_SECONDS_MAX = 60.0
REST_SECONDS_MAX = 30.0
_DOUBLINGS_MAX = 6


class Loop:
    """Calls `work` repeatedly. `work` returns how many seconds to wait until the next call.

    `work` gets a function that returns whether to stop. It should be called between two steps, because it is the
    loop's heartbeat too. `runtime.sleep` must end early when `stop` is set. The first call comes after `first_after`
    seconds.
    """

    def __init__(
        self, name: str, work: Callable[[Stop], float], runtime: Runtime, stop: Event, *, first_after: float = 0.0
    ) -> None:
        self.name = name
        self._work = work
        self._runtime = runtime
        self._stop = stop
        self._first_after = first_after
        self._failures = 0
        self._last_beat = runtime.now()
        self._thread = Thread(target=self._repeat, name=f"mailchimpsync-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, for at most this many seconds."""
        self._thread.join(seconds)

    @property
    def is_alive(self) -> bool:
        """Return whether the thread is running and has shown a heartbeat recently."""
        return self._thread.is_alive() and self._runtime.now() - self._last_beat < BEAT_WITHIN

    def _asked_to_stop(self) -> bool:
        self._last_beat = self._runtime.now()
        return self._stop.is_set()

    def _repeat(self) -> None:
        self._rest(self._first_after)
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
        except Exception as error:  # noqa: BLE001 (whatever happens, this loop continues and the others aren't affected)
            return self._handle_failure(error)
        self._failures = 0
        return pause

    def _handle_failure(self, error: Exception) -> float:
        pause = min(2.0 ** min(self._failures, _DOUBLINGS_MAX), BACKOFF_SECONDS_MAX)
        self._failures += 1
        log_failure("loop.failed", error, loop=self.name, again_in_seconds=pause)
        return pause
