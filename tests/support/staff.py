"""Staff who run the service: small limits, plans that are approved, dropped or ignored, runs aborted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from mailchimpsync.actions import erase
from mailchimpsync.model import ChangeKind, Limit, Limits, Trust
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import KeptPlan, PlanState
from mailchimpsync.sync import Result, abort_connection
from mailchimpsync.sync.safety.changed_links import link_terms
from support.webhook_delivery import site_of
from support.world import LIST, RIDE, WALK, World

HAS_LIMITS = 0.4
TRUSTS = 0.3
ABORTS = 0.3


class Staff:
    """Makes the decisions of staff."""

    def __init__(self, world: World, chance: random.Random, seed: int) -> None:
        self._world, self._chance = world, chance
        self._faith = random.Random(f"trust {seed}")
        self.problems: list[str] = []
        if chance.random() < HAS_LIMITS:
            limits = {kind: Limit(chance.choice((None, 1, 3)), chance.choice((None, 0.05, 0.2))) for kind in ChangeKind}
            world.connection = replace(world.connection, limits=Limits(limits, minimum=5))

    def begin_to_trust(self) -> str:
        """Sometimes trust one side, for the subscription or an interest; return a diary line."""
        if self._faith.random() >= TRUSTS:
            return "nobody is trusted"
        sides = (Trust.CIVICRM, Trust.MAILCHIMP, Trust.NONE)
        interests = {interest: self._faith.choice(sides) for interest in (WALK, RIDE)}
        trust = self._faith.choice(sides)
        self._world.connection = replace(self._world.connection, trust=trust, trust_interests=interests)
        return f"trusted: {self._world.connection.trusted}"

    def after_run(self, result: Result) -> None:
        """Remove the trust once a run has completed, as every interface does."""
        if result.trust_is_over:
            self._world.connection = self._world.connection.without_trust()

    def act(self) -> str:
        """Decide about the plan that is held, if any, or abort; return what to note."""
        if self._chance.random() < ABORTS:
            aborted = abort_connection(self._world.systems, self._world.connection)
            return f"aborted: {aborted.updates_aborted} updates, {aborted.batches_deleted} batches"
        state = self._chance.choice((PlanState.APPROVED, PlanState.APPROVED, PlanState.DROPPED, None))
        return self.decide(state) if state is not None else "nobody decides"

    def decide(self, state: PlanState) -> str:
        """Approve or drop the plan that is held; return what to note."""
        held = self._held()
        if held is None:
            return "nothing is held"
        with self._world.store.begin() as tx:
            kept_plans.decide_plan(tx, held.id, [PlanState.OPEN], state, self._world.now, "staff")
        return f"plan {held.id} is {state}"

    def erase(self, address: str) -> bool:
        """Erase an address; return whether nothing is left to do."""
        site = site_of(self._world)
        done = erase(site, address=address, confirm=True, by="staff")
        self._world.erasure_key = site.erasure_key()
        self._world.systems = self._world.new_systems()
        return done.is_complete

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Check that a call writes nothing while a plan is held."""
        held = self._held()
        self._world.forget_requests()
        try:
            yield
        finally:
            if held is not None and (written := self._world.writes()):
                self.problems.append(f"plan {held.id} is held, and was written all the same: {written}")

    def _held(self) -> KeptPlan | None:
        """Return the plan that holds the connection, unless its time is over, or another side is trusted by now."""
        connection = self._world.connection
        if connection.limits is None and not connection.trusted:
            return None
        with self._world.store.begin() as tx:
            held = kept_plans.open_hold(tx, LIST)
        if held is None or held.expires_at <= self._world.now:
            return None
        trusted = held.links.get("trust")
        return held if not trusted or trusted == link_terms(connection).get("trust") else None
