"""A random charity whose plan is made, approved and carried out exactly, to the byte."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from mailchimpsync.model import MCSYNC_METHOD
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.schema import change, json_text, update
from mailchimpsync.sync import Outcome, preview
from support.population import populate
from support.random_events import RandomEvents
from support.world import World

ROUNDS_UNTIL_NOTHING_MAX = 3


class PlanWorld:
    """One seed's charity, some of it in sync already."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.world = World(seed=seed)
        simple = self._chance.random() < 0.3
        history = populate(self.world, self._chance, self._chance.choice((8, 15, 30)), simple=simple)
        self.world.mailchimp.set_options(shuffle_batches=True, batch_file_rows=3)
        events = RandomEvents(self.world, history, self._chance, simple=simple)
        if self._chance.random() < 0.7:
            self.world.sync()
            for _ in range(self._chance.randint(0, 12)):
                events.act()
                self.world.pass_time(self._chance.choice((1, 60, 4_000)))

    def plan(self) -> list[dict[str, Any]]:
        """Make a plan, and return its changes; the id is that of the newest kept plan."""
        world = self.world
        deadline = Deadline.after(world.runtime, None)
        self.plan_id = preview(world.systems, world.connection, deadline, by="ann")
        with world.store.begin() as tx:
            query = select(change).where(change.c.plan_id == self.plan_id)
            return [dict(row) for row in tx.execute(query).mappings()]

    def apply(self) -> Outcome:
        """Approve the plan, and let a run carry it out."""
        with self.world.store.begin() as tx:
            states = [PlanState.OPEN]
            assert kept_plans.decide_plan(tx, self.plan_id, states, PlanState.APPROVED, self.world.now, "ann")
        return self.world.sync().outcome

    def done(self) -> tuple[Counter[Any], Counter[str]]:
        """Return what was done so far: entries we made in CiviCRM's history, and what we sent to Mailchimp at first."""
        history = Counter(
            (entry["contact_id"], entry["group_id"], entry["status"])
            for entry in self.world.civicrm.dump("SubscriptionHistory")
            if entry["method"] == MCSYNC_METHOD
        )
        with self.world.store.begin() as tx:
            attempts = [row.attempt for row in tx.execute(select(update.c.attempt))]
        sent = Counter(json_text(attempt["decided"]) for attempt in attempts if not attempt["tries"])
        return history, sent


def problems_of(seed: int) -> Iterator[str]:
    """Yield how a seed's plan and what was done differ."""
    one = PlanWorld(seed)
    try:
        yield from _problems(one)
    finally:
        one.world.close()


def _problems(one: PlanWorld) -> Iterator[str]:
    before = one.done()
    planned = one.plan()
    if one.done() != before:
        yield "making the plan changed something"
    outcome = one.apply()
    history, sent = (after - earlier for after, earlier in zip(one.done(), before, strict=True))
    if outcome not in (Outcome.DONE, Outcome.INCOMPLETE):
        yield f"the run ended as {outcome}"
    updates = Counter(json_text(change["member_update"]) for change in planned if change["member_update"] is not None)
    if sent - updates:
        yield f"sent and not planned: {sent - updates}"
    if updates - sent:
        yield f"planned and not sent: {updates - sent}"
    groups = {
        (change["contact_id"], group, status)
        for change in planned
        if change["contact_id"] is not None
        for group, status in change["group_changes"]
    }
    of_known = {entry for entry in history if entry[0] in {contact for contact, _, _ in groups}}
    if not of_known <= groups:
        yield f"done in CiviCRM and not planned: {of_known - groups}"
    with one.world.store.begin() as tx:
        outcomes = kept_plans.count_changes(tx, one.plan_id)
    if set(outcomes) - {kept_plans.DONE}:
        yield f"of the plan {outcomes}"
    yield from _until_nothing(one)


def _until_nothing(one: PlanWorld) -> Iterator[str]:
    for _ in range(ROUNDS_UNTIL_NOTHING_MAX):
        one.world.pass_time(60)
        if not one.plan():
            return
        one.apply()
    yield f"after {ROUNDS_UNTIL_NOTHING_MAX} rounds there is still something to do"
