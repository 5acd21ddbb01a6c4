"""Webhooks in transit: some are lost, duplicated, late or out of order, and some are forged."""

from __future__ import annotations

import random
from typing import Any

from mailchimpsync.actions import process_events
from support.invariants import FORGED_NAME
from support.population import WorldHistory
from support.webhook_delivery import SECRET, WebhookDelivery, site_of
from support.world import LIST, World

FORGED_KINDS = ("unsubscribe", "cleaned", "profile", "subscribe", "upemail")


class RandomWebhooks:
    """Webhooks between their sending and their arrival."""

    def __init__(self, world: World, history: WorldHistory, chance: random.Random) -> None:
        self._world, self._story, self._chance = world, history, chance
        self._post = WebhookDelivery(world)
        self._under_way: list[dict[str, Any]] = []
        self.loss = chance.choice((0.0, 0.0, 0.1, 0.5, 1.0))
        self.disorder = chance.choice((0.0, 0.2, 0.5))
        self.problems: list[str] = []

    def collect(self) -> None:
        """Take the webhooks that Mailchimp has sent; some never arrive, some arrive twice."""
        for letter in self._post.take():
            if self._chance.random() < self.loss:
                continue
            self._under_way += [letter] * (2 if self._chance.random() < self.disorder else 1)

    def arrive(self, *, all_of_them: bool = False) -> str:
        """Deliver webhooks, in order or not, sooner or later, between forged ones; return a diary line."""
        self.collect()
        if self._chance.random() < self.disorder:
            self._chance.shuffle(self._under_way)
        number = len(self._under_way)
        if not all_of_them and self._chance.random() < self.disorder:
            number = self._chance.randint(0, number)
        if self._chance.random() < self.disorder:
            self._forge()
        for _ in range(number):
            self._hand_in(self._under_way[0])
            self._under_way.pop(0)  # if the process is killed before it answers, it gets the webhook again
        return f"{number} webhooks arrived, {len(self._under_way)} are late"

    def _hand_in(self, letter: dict[str, Any]) -> None:
        [status] = self._post.deliver([letter])
        if status >= 300:
            self.problems.append(f"a webhook was answered with {status}")

    def _forge(self) -> None:
        """Forge a webhook: without the secret it is refused, with it the member is read from Mailchimp."""
        kind, address = self._chance.choice(FORGED_KINDS), self._chance.choice(self._story.addresses)
        body = (
            f"type={kind}&fired_at=2026-11-20 12:00:{self._chance.randint(10, 59)}&data[list_id]={LIST}"
            f"&data[email]={address}&data[old_email]={address}&data[new_email]=nobody@example.org&data[reason]=hard"
            f"&data[merges][FNAME]={FORGED_NAME}"
        )
        knows = self._chance.random() < 0.5
        secret = SECRET if knows else "guessed"
        [status] = self._post.deliver([{"url": f"http://us/webhook/audience?secret={secret}", "body": body}])
        if not knows and status != 401:
            self.problems.append(f"a forged webhook was answered with {status}")

    def work(self, seconds: float | None = None) -> str:
        """Handle what is due, for up to `seconds`."""
        finished = process_events(site_of(self._world), seconds=seconds, on_surprise=self._be_surprised)
        return f"{finished} events handled"

    def _be_surprised(self, error: Exception) -> None:
        self.problems.append(f"unexpected error in an event: {type(error).__name__}: {error}")

    def waiting(self) -> int:
        """Return how many events are not finished."""
        return sum(one["state"] == "waiting" for one in self._post.events())
