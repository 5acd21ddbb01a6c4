"""How often the API may be called: per token and per address; failures are counted apart and more strictly.

Whoever shares an address with a program that has an old token is not locked out: a valid token always counts, and a
failed call is no failed sign-in.
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
    """So many calls in each window of so many seconds.

    The count is kept by Django's cache, which adds under a lock; django-ninja's throttles keep theirs on an object that
    threads share.
    """

    what: str
    calls: int
    seconds: int = 60

    def count(self, who: str) -> None:
        """Count a call.

        Raises:
            TooManyCallsError: it is one too many.
        """
        if self._add_one(who) > self.calls:
            self._refuse()

    def check(self, who: str) -> None:
        """Make sure that there is room for another call, without counting one.

        Raises:
            TooManyCallsError: there is none.
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
    """Every limit; `calls_at_once` are calls of actions at work at the same time, whoever made them."""

    token: Limit = Limit("calls with one token", 600)
    address: Limit = Limit("calls from one address", 1_200)
    failures: Limit = Limit("failed sign-ins from one address", 20)
    unknown_tokens: Limit = Limit("calls without a valid token from one address", 20)
    calls_at_once: int = 4
