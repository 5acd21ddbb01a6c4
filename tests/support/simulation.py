"""One seed: a random charity, some days of events and faults, then quiet; everything follows from the seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import RowMapping

from mailchimpsync.errors import (
    AccessError,
    BusyError,
    Code,
    ConfigurationError,
    EvidenceError,
    LeaseLostError,
    MailchimpsyncError,
    TransientError,
)
from mailchimpsync.model import LaneChoice
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.sync import Outcome, Result
from mailchimpsync.sync.reading import group_states, member_pages
from mailchimpsync.sync.stages import (
    change_groups,
    check_data,
    create_contacts,
    fix_contact_ids,
    reconcile,
)
from mailchimpsync.sync.updates import batches, bulk, direct, lanes
from support.backups import Backup, copy_of
from support.crashing import CrashPoint, KilledError
from support.invariants import claims, in_on_both_sides, violations
from support.population import populate
from support.random_data import RandomData
from support.random_events import RandomEvents
from support.random_faults import RandomFaults
from support.random_webhooks import RandomWebhooks
from support.rights import DATA, TRASH
from support.second_worker import SecondWorker
from support.staff import Staff
from support.world import World

RUNS_UNTIL_QUIET_MAX = 4
ERASURES = 0.15
CALLS_PER_RUN_MAX = 40
LEASE_SECONDS = 601
HAS_SECOND_WORKER = 0.4
ROUNDS_OF_EVENTS_MAX = 25
LONGEST_PUT_OFF_SECONDS = 3_700
PUT_OFF_SECONDS = 7_200
"""The wait for people whose change was refused repeatedly: they are retried less and less often."""
STEP_SIZES = (
    (member_pages, "PAGE_SIZE_MEMBERS"),
    (fix_contact_ids, "ROWS_PER_STEP"),
    (fix_contact_ids, "CONTACTS_PER_STEP"),
    (group_states, "CONTACTS_PER_STEP"),
    (reconcile, "ROWS_PER_STEP"),
    (create_contacts, "CONTACTS_PER_STEP"),
    (change_groups, "CHANGES_PER_STEP"),
    (batches, "OPERATIONS_MAX"),
    (direct, "UPDATES_PER_CHUNK"),
    (bulk, "MEMBERS_PER_CALL"),
)
DIRECT_MAX = (0, 2, 5, 1_000)
"""Up to so many updates are sent directly, in a seed that isn't made for batches only."""
BATCHES_ONLY_EVERY = 4
"""One in this many seeds."""
WITH_DATA_EVERY = 3
"""One in this many seeds sends data too."""

HAS_OLD_COPIES = COPIES = RESTORES = 0.4
"""How often a seed has backups of our own database at all, and then makes or restores one."""

STOPPED_BY = (TransientError, BusyError, LeaseLostError, EvidenceError, ConfigurationError, AccessError)


@dataclass
class Report:
    """How a seed went."""

    seed: int
    problems: list[str] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)
    journal: list[tuple[object, ...]] = field(default_factory=list)


def _told(entry: RowMapping) -> tuple[object, ...]:
    """Return a journal entry without what is random by intent: its salt, and what is made with it."""
    return tuple(value for name, value in entry.items() if name not in ("salt", "commitment", "hash"))


class Simulation:
    """The simulation of one charity."""

    def __init__(self, seed: int, sizes: pytest.MonkeyPatch) -> None:
        self.chance = random.Random(seed)
        self.simple = self.chance.random() < 0.3
        self.crash_point = CrashPoint()
        with_data = seed % WITH_DATA_EVERY == 0
        ways = random.Random(f"lanes {seed}")
        lane = LaneChoice.BATCHES if ways.randrange(BATCHES_ONLY_EVERY) == 0 else LaneChoice.AUTO
        sizes.setattr(lanes, "DIRECT_MAX", ways.choice(DIRECT_MAX))
        rights = DATA if with_data else TRASH
        self.world = World(seed=seed, crash_point=self.crash_point, rights=rights, lane=lane)
        people = self.chance.choice((20, 20, 20, 20, 20, 30, 30, 40, 60, 200))
        for module, name in STEP_SIZES:
            sizes.setattr(module, name, self.chance.choice((3, 10, 50, 1_000)) if people <= 60 else 50)
        sizes.setattr(check_data, "ROWS_PER_STEP", 7 + seed % 50)
        self.world.civicrm.set_options(utc_offset_minutes=self.chance.choice((0, 60, -300, 345, 840, -720)))
        self.history = populate(self.world, self.chance, people, simple=self.simple)
        self.events = RandomEvents(self.world, self.history, self.chance, simple=self.simple)
        self.faults = RandomFaults(self.world, self.events, self.crash_point, self.chance)
        self.webhooks = RandomWebhooks(self.world, self.history, self.chance)
        self.data = RandomData(self.world, seed) if with_data else None
        self.fault_rate = self.chance.choice((0.0, 0.02, 0.1, 0.3))
        self.staff = Staff(self.world, self.chance, seed)
        self.report = Report(seed)
        self.call_began = self.world.now
        self.luck = random.Random(f"old copies {seed}")
        self.has_old_copies = self.luck.random() < HAS_OLD_COPIES
        self.copy: Backup | None = None
        others = random.Random(f"second worker {seed}")
        self.second = SecondWorker(self.world, others, LEASE_SECONDS)
        self.has_second = self.fault_rate > 0 and others.random() < HAS_SECOND_WORKER

    def run(self) -> Report:
        """Run the simulation, then let it come to rest, and return the problems."""
        for _ in range(self.chance.randint(1, 4)):
            self._some_time()
        self.faults.stop()
        self.world.pass_time(LEASE_SECONDS)
        self._read_all_letters()
        self._settle()
        if self.history.erased:
            self._finish_erasures()
            self._settle()
        self.report.problems += self.webhooks.problems + self.staff.problems
        if self.world.connection.trusted:
            self.report.problems.append("a trust that has done its work is not over")
        if not self.report.problems:
            self.report.problems = list(violations(self.world, self.history))
            self.report.problems += list(self.data.violations()) if self.data else []
        self.report.journal = [_told(entry) for entry in self.world.journal()]
        self.world.close()
        return self.report

    def _note(self, text: str) -> None:
        self.report.diary.append(f"{self.world.now:%m-%d %H:%M:%S} {text}")

    def _some_time(self) -> None:
        for _ in range(self.chance.randint(0, 8)):
            self._note(self.events.act())
            self.world.pass_time(self.chance.choice((0, 0, 1, 60, 4_000)))
        if not self.simple and self.chance.random() < ERASURES:
            self._erase(self.chance.choice(self.history.addresses))
        if self.data is not None:
            self._note(self.data.act())
        if not self.has_old_copies:  # an old journal does not know what was done in trust since
            self._note(self.staff.begin_to_trust())
        if self.fault_rate:
            self.faults.slow_batches()
            self.faults.fault_rate = self.fault_rate
            self.faults.act_rate = self.chance.choice((0.0, 0.0, 0.05, 0.2))
        for _ in range(self.chance.randint(1, 3)):
            self._live_through(self.chance.choice((self._sync, self._sync, self._letters, self._staff)))
        self.faults.fault_rate = self.faults.act_rate = 0.0
        self.crash_point.arm()
        if self.has_old_copies:
            self._copy_or_restore()
        self.world.pass_time(self.chance.choice((10, 700, 3_700, 90_000)))

    def _copy_or_restore(self) -> None:
        if self.copy is not None and self.luck.random() < RESTORES:
            self._restore(self.copy)
        elif self.luck.random() < COPIES:
            self.copy = copy_of(self.world)
            self._note("our database was copied")

    def _restore(self, copy: Backup) -> None:
        """Restore a backup: it is noticed if CiviCRM shows it, and nobody is ever removed because of it."""
        self._note("an old copy of our database came back")
        self.faults.stop()
        is_told = copy.is_certain and copy.is_detectable(self.world)
        before = in_on_both_sides(self.world, self.history)
        copy.restore(self.world)
        self.history.forgot_own_acts = True
        if not self._sync_with_old_copy() and is_told:
            self.report.problems.append("that our database is an old copy was not noticed")
        after = in_on_both_sides(self.world, self.history)
        self.report.problems += [f"{who} was in on both sides, and an old copy took them off" for who in before - after]

    def _sync_with_old_copy(self) -> bool:
        """Sync until a run is done, accepting the old copy once it is noticed; return whether it was."""
        is_noticed = accepts = False
        for _ in range(CALLS_PER_RUN_MAX):
            self.world.pass_time(LEASE_SECONDS)  # the owner of the lease at that time is gone
            self.world.systems = self.world.new_systems()
            try:
                result = self.world.sync(accept_restored=accepts, with_data=self.data is not None)
            except (EvidenceError, AccessError) as error:
                self._note(f"{error.code}: {error.what}")
                accepts = error.code is Code.OWN_RESTORED
                is_noticed = is_noticed or accepts
                continue
            accepts = False
            self._note(f"{result.outcome} before {result.stage}")
            if result.outcome is Outcome.DONE:
                return is_noticed
            if result.outcome is Outcome.HELD:
                self._note(self.staff.decide(PlanState.APPROVED))
            self.world.pass_time(PUT_OFF_SECONDS if result.due.put_off else 60)
        self.report.problems.append("a run with an old copy of our database does not come to its end")
        return is_noticed

    def _erase(self, address: str) -> None:
        """Erase an address; what can't be done now is done once everything is quiet."""
        self.history.erased.add(address)
        self.history.gone_for_good.add(address)
        self.history.left_once.add(address)
        is_complete = self.staff.erase(address)
        self._note("erased" if is_complete else "noted as erased")

    def _finish_erasures(self) -> None:
        for address in sorted(self.history.erased):
            if not self.staff.erase(address):
                self.report.problems.append("an erasure can't be completed though everything is quiet")

    def _sync(self) -> None:
        seconds = self.chance.choice((None, 1, 5, 60, 600))
        everything = self.chance.random() < 0.2
        self.call_began = self.world.now
        with self.staff.watching():
            result = self.world.sync(
                seconds=seconds,
                everything=everything,
                with_data=self.data is not None,
                only_if_changed=self.chance.random() < 0.5,
            )
            self.staff.after_run(result)
        self._note(f"{result.outcome} before {result.stage}")
        if not self.faults.act_rate:
            self._believe(result)

    def _believe(self, result: Result) -> None:
        """What a full run that began and ended in this call, while nobody did anything, calls done must be so.

        Ordinary runs don't see at once what leaves no trace: contacts and members that were deleted for good.
        """
        began = {row["id"]: row["started_at"] for row in self.world.runs() if row["since"] is None}.get(result.run_id)
        if result.outcome is Outcome.DONE and began is not None and began >= self.call_began:
            self.report.problems += claims(self.world, self.history)

    def _staff(self) -> None:
        self._note(self.staff.act())

    def _letters(self) -> None:
        self._note(self.webhooks.arrive())
        self._note(self.webhooks.work(self.chance.choice((None, 1, 60))))

    def _live_through(self, call: Callable[[], None]) -> None:
        """Start a process that makes one call; it may be killed."""
        dies = self.fault_rate and self.chance.random() < 0.3
        self.crash_point.arm(self.chance.randint(1, 120) if dies else None)
        self.world.systems = self.world.new_systems()
        self.second.is_there = self.has_second
        try:
            call()
        except KilledError:
            self._note(f"killed at step {self.crash_point.steps}")
            self.crash_point.arm()
            self.world.pass_time(self.chance.choice((0, LEASE_SECONDS)))
        except STOPPED_BY as error:
            self._note(f"{error.code}: {error.what}")
            if not self.fault_rate or error.code is Code.OWN_RESTORED:
                self.report.problems.append(f"without any fault: {error.code} {error.what}")
        except MailchimpsyncError as error:
            self.report.problems.append(f"unexpected: {error.code} {error.what} {error.detail}")
        finally:
            self.second.is_there = False
            self.report.diary += self.second.diary
            self.second.diary.clear()

    def _read_all_letters(self) -> None:
        """Deliver late webhooks, and process what is waiting, even if it was put off for hours."""
        self._note(self.webhooks.arrive(all_of_them=True))
        for _ in range(ROUNDS_OF_EVENTS_MAX):
            if not self.webhooks.waiting():
                return
            self._note(self.webhooks.work())
            self.world.pass_time(LONGEST_PUT_OFF_SECONDS)
            self._finish_a_run(everything=False)
        self.report.problems.append(f"{self.webhooks.waiting()} events are still waiting")

    def _settle(self) -> None:
        """Sync until a run writes nothing, then everything once more."""
        for everything in (False, True):
            if not self._is_quiet_after_some_runs(everything=everything):
                kind = "full" if everything else "incremental"
                self.report.problems.append(
                    f"not quiet after {RUNS_UNTIL_QUIET_MAX} {kind} runs: {self.world.writes()}"
                )

    def _is_quiet_after_some_runs(self, *, everything: bool) -> bool:
        for _ in range(RUNS_UNTIL_QUIET_MAX + 1):
            self.world.pass_time(60)
            self.world.forget_requests()
            self._finish_a_run(everything=everything)
            if not self.world.writes():
                return True
        return False

    def _finish_a_run(self, *, everything: bool) -> None:
        for _ in range(CALLS_PER_RUN_MAX):
            self.call_began = self.world.now
            try:
                result = self.world.sync(everything=everything, with_data=self.data is not None)
            except AccessError as error:
                self._note(f"{error.code}: {error.what}")
                self.world.pass_time(PUT_OFF_SECONDS)
                continue
            self.staff.after_run(result)
            self._believe(result)
            self._note(f"{result.outcome} before {result.stage}, {len(self.world.writes())} writes")
            if result.outcome is Outcome.DONE:
                return
            if result.outcome is Outcome.HELD:
                self._note(self.staff.decide(PlanState.APPROVED))
            self.world.pass_time(PUT_OFF_SECONDS if result.due.put_off else 60)
        self.report.problems.append("a run does not come to its end")


def simulate(seed: int) -> Report:
    """Simulate one seed."""
    with pytest.MonkeyPatch.context() as sizes:
        return Simulation(seed, sizes).run()
