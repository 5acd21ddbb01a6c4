"""PHP's sessions: an answer to a request without one starts one, and requests of one wait for each other."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from werkzeug.wrappers import Request

COOKIE = "PHPSESSID"
SESSIONS_MAX = 1_000


class Sessions:
    """The locks of the session files."""

    def __init__(self) -> None:
        self._locks: OrderedDict[str, Lock] = OrderedDict()
        self._guard = Lock()

    @contextmanager
    def of(self, request: Request) -> Iterator[str]:
        """Hold the session that a request brings; give the cookie of a new one, or nothing where it brings one."""
        session = request.cookies.get(COOKIE)
        if not session:
            yield f"{COOKIE}={secrets.token_hex(13)}"
            return
        with self._lock(session):
            yield ""

    def _lock(self, session: str) -> Lock:
        with self._guard:
            lock = self._locks.setdefault(session, Lock())
            while len(self._locks) > SESSIONS_MAX:
                self._locks.popitem(last=False)
            return lock
