"""Rate limits of the API, per token and per address; failures are counted separately and more strictly.

A program with an old token does not lock out others at the same address: calls with a valid token are always accepted,
and a failed call does not count as a failed sign-in.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.core.cache import cache

from mailchimpsync.errors import Code, DeniedError


class TooManyCallsError(DeniedError):
    """The call has to wait; `seconds` says how long."""

    def __init__(self, what: str, seconds: int) -> None:
        super().__init__(Code.TOO_MANY_CALLS, what)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` in each window of `seconds`.

    Django's cache keeps the count, as it adds under a lock; django-ninja's throttles keep theirs on an object that
    threads share.
    """

    what: str
    calls: int
    seconds: int = 60

    def count(self, who: str) -> None:
        """Count a call.

        Raises:
            TooManyCallsError: the limit is exceeded.
        """
        if self._add_one(who) > self.calls:
            self._refuse()

    def check(self, who: str) -> None:
        """Check that another call is within the limit, without counting it.

        Raises:
            TooManyCallsError: it is not.
        """
        if cache.get(self._key(who), 0) >= self.calls:
            self._refuse()

    def _key(self, who: str) -> str:
        return f"{self.what}:{who}:{int(time.time()) // self.seconds}".replace(" ", "-")

    def _add_one(self, who: str) -> int:
        key = self._key(who)
        cache.add(key, 0, timeout=self.seconds)
        try:
            return cache.incr(key)
        except ValueError:  # the cache was full, and dropped it between the two
            return 1

    def _refuse(self) -> None:
        left = self.seconds - int(time.time()) % self.seconds
        raise TooManyCallsError(f"More than {self.calls} {self.what} in {self.seconds} seconds.", left)


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits; `calls_at_once` is how many actions may run at the same time, for all callers together."""

    token: Limit = Limit("calls with one token", 600)
    address: Limit = Limit("calls from one address", 1_200)
    failures: Limit = Limit("failed sign-ins from one address", 20)
    unknown_tokens: Limit = Limit("calls without a valid token from one address", 20)
    calls_at_once: int = 4
