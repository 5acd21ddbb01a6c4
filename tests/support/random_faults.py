"""Random faults: lost answers, broken answers, stuck batches, a killed process."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import httpx2

from mailchimpsync.addresses import member_id_of
from mailchimpsync_sandbox.kit.app import SandboxApp
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.crashing import CrashPoint
from support.random_events import RandomEvents
from support.world import World

KINDS = (
    Fault(FaultKind.DROP_BEFORE),
    Fault(FaultKind.DROP_AFTER),
    Fault(FaultKind.DROP_AFTER),
    Fault(FaultKind.TRUNCATE),
    Fault(FaultKind.HTML, status=200),
    Fault(FaultKind.HTML, status=502),
    Fault(FaultKind.EMPTY, status=200),
    Fault(FaultKind.EMPTY, status=403),
    Fault(FaultKind.STATUS, status=429),
    Fault(FaultKind.STATUS, status=500),
    Fault(FaultKind.STATUS, status=503),
)
DWELLS = (0.0, 0.0, 1.0, 100.0, 36_000.0)
SECONDS_BETWEEN_STEPS = 0.7
REFUSALS_HOW_OFTEN = 0.3


class RandomFaults:
    """Interferes on both wires: time passes, people act, requests fail, the process is killed."""

    def __init__(self, world: World, events: RandomEvents, crash_point: CrashPoint, chance: random.Random) -> None:
        self._world, self._events, self._crash_point, self._chance = world, events, crash_point, chance
        self.fault_rate = 0.0
        self.act_rate = 0.0
        for app, transport in ((world.mailchimp, world.to_mailchimp), (world.civicrm, world.to_civicrm)):
            transport.before = self._before(app)
            transport.after = lambda _request: self._crash_point.step()

    def _before(self, app: SandboxApp) -> Callable[[httpx2.Request], None]:
        def interfere(request: httpx2.Request) -> None:
            self._crash_point.step()
            self._note_updates(request)
            self._world.pass_time(self._chance.random() * SECONDS_BETWEEN_STEPS)
            if self._chance.random() < self.act_rate:
                self._events.act()
            if self._chance.random() < self.fault_rate:
                kind = self._chance.choice(KINDS)
                if kind.kind is FaultKind.DROP_BEFORE and self._chance.random() < 0.5:
                    raise httpx2.ConnectError("no route", request=request)
                app.faults.plant(Fault(kind.kind, status=kind.status))

        return interfere

    def _note_updates(self, request: httpx2.Request) -> None:
        if request.method in ("PUT", "PATCH") and "/members/" in request.url.path:
            self._events.history.asked[request.url.path.rpartition("/")[2]] = self._world.now
        if request.method == "POST" and request.url.path.endswith(f"/lists/{self._world.list_id}"):
            for member in json.loads(request.content)["members"]:
                self._events.history.asked[member_id_of(member["email_address"])] = self._world.now
        if request.method == "POST" and request.url.path.endswith("/batches"):
            for operation in json.loads(request.content)["operations"]:
                member_id = operation["path"].partition("?")[0].rpartition("/")[2]
                self._events.history.asked[member_id] = self._world.now

    def slow_batches(self) -> None:
        """Make batches slow, some of them by many hours."""
        dwell = self._chance.choice(DWELLS)
        self._world.mailchimp.set_options(
            batch_dwell={"started": dwell},
            shuffle_batches=self._chance.random() < 0.5,
            batch_file_rows=3,
            refused_operations=self._refusals(),
        )

    def _refusals(self) -> list[dict[str, object]]:
        """Sometimes some operations are refused for a while, for temporary causes."""
        if self._chance.random() < REFUSALS_HOW_OFTEN:
            return [{"status": self._chance.choice((401, 403, 429, 500)), "times": self._chance.randint(1, 20)}]
        return []

    def stop(self) -> None:
        """Stop all faults."""
        self.fault_rate = self.act_rate = 0.0
        self._crash_point.arm()
        self._world.mailchimp.set_options(batch_dwell={"started": 0.0}, refused_operations=[])
        for app in (self._world.mailchimp, self._world.civicrm):
            app.faults.clear()
