"""The requests a stand-in received."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from threading import Lock

ENTRIES_KEPT_MAX = 10_000


@dataclass(frozen=True)
class LoggedRequest:
    """One request: `path` with its query string, `seconds` taken to answer, whether it brought a cookie."""

    method: str
    path: str
    status: int
    seconds: float
    fault: str | None = None
    with_cookie: bool = False


class RequestLog:
    """The newest requests, how many there were in all, and how many of these brought a cookie."""

    def __init__(self) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=ENTRIES_KEPT_MAX)
        self._lock = Lock()
        self.total = 0
        self.with_cookie = 0
        self.seconds = 0.0

    def add(self, entry: LoggedRequest) -> None:
        """Note a request."""
        with self._lock:
            self._entries.append(entry)
            self.total += 1
            self.with_cookie += entry.with_cookie
            self.seconds += entry.seconds

    def clear(self) -> None:
        """Empty the log."""
        with self._lock:
            self._entries.clear()
            self.total, self.with_cookie, self.seconds = 0, 0, 0.0

    def as_dict(self) -> dict[str, object]:
        """Return `{total, with_cookie, seconds, requests: [...]}`, oldest first."""
        with self._lock:
            return {
                "total": self.total,
                "with_cookie": self.with_cookie,
                "seconds": self.seconds,
                "requests": [asdict(entry) for entry in self._entries],
            }
