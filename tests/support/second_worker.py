"""Another worker that takes the same connection while a first one works on it, in between any two of its requests."""

from __future__ import annotations

import random
from collections.abc import Callable

import httpx2

from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.runtime import Deadline
from mailchimpsync.sync import Options, run_connection
from support.world import World

ARRIVES = 0.05
FIRST_STOOD_STILL = 0.3


class SecondWorker:
    """It finds the connection busy, or takes it over if the first one has stood still for longer than its lease."""

    def __init__(self, world: World, chance: random.Random, lease_seconds: int) -> None:
        self.is_there = False
        self.diary: list[str] = []
        self._world, self._chance, self._lease_seconds = world, chance, lease_seconds
        for transport in (world.to_mailchimp, world.to_civicrm):
            transport.handle_request = self._before(transport.handle_request)  # type: ignore[method-assign, assignment]

    def _before(
        self, handle: Callable[[httpx2.Request], httpx2.Response]
    ) -> Callable[[httpx2.Request], httpx2.Response]:
        def handle_request(request: httpx2.Request) -> httpx2.Response:
            if self.is_there and self._chance.random() < ARRIVES:
                self._work()
            return handle(request)

        return handle_request

    def _work(self) -> None:
        self.is_there = False
        if self._chance.random() < FIRST_STOOD_STILL:
            self._world.pass_time(self._lease_seconds)
        deadline = Deadline.after(self._world.runtime, self._chance.choice((None, 5, 60)))
        try:
            result = run_connection(self._world.new_systems(), self._world.connection, deadline, Options())
            self.diary.append(f"a second worker: {result.outcome} before {result.stage}")
        except MailchimpsyncError as error:
            self.diary.append(f"a second worker: {error.code}")
        finally:
            self.is_there = True
