"""How far a run is, as another process sees it; and the figures of each run."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimpsync.model import Stage
from mailchimpsync.runtime import Deadline, NoProgress
from mailchimpsync.store.runs import figures, runs
from mailchimpsync.store.schema import run as run_table
from mailchimpsync.sync import Outcome, run_connection
from mailchimpsync.sync.reading import member_pages
from mailchimpsync.sync.stages import fix_contact_ids, reconcile
from support.world import LIST, NEWS, WALK, WALKS, World


class Watcher(NoProgress):
    """Looks into the store whenever something is done, as another process would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[tuple[str, runs.StageProgress | None]] = []

    def advance(self, done: int, total: int | None = None) -> None:  # noqa: ARG002 (it looks for itself)
        self.world.pass_time(2)
        with self.world.store.begin() as tx:
            found = runs.stored_status(tx, LIST)
        self.seen.append((found.stage.value, found.stage_progress))

    def of(self, stage: str) -> list[runs.StageProgress]:
        return [at for name, at in self.seen if name == stage and at is not None]


def watched(world: World, watcher: Watcher, seconds: float | None = None) -> Any:
    deadline = Deadline.after(world.runtime, seconds)
    return run_connection(world.systems, world.connection, deadline, progress=watcher)


def counts_of(world: World, run_id: int) -> dict[str, Any]:
    with world.store.begin() as tx:
        row = tx.execute(run_table.select().where(run_table.c.id == run_id)).mappings().one()
    return dict(row["counts"] or {})


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 5)
    monkeypatch.setattr(fix_contact_ids, "ROWS_PER_STEP", 5)
    monkeypatch.setattr(reconcile, "ROWS_PER_STEP", 5)


@pytest.mark.usefixtures("small_steps")
def test_another_process_sees_how_many_of_how_many_are_decided_about_and_for_how_long(world: World) -> None:
    for number in range(12):
        world.contact(f"c{number}@example.org", {NEWS: 20})
    watcher = Watcher(world)

    watched(world, watcher)

    deciding = watcher.of("readyToReconcileQueue")
    assert [(at.done, at.total) for at in deciding[-3:]] == [(0, 12), (5, 12), (10, 12)]
    assert deciding[-1].seconds > deciding[0].seconds
    with world.store.begin() as tx:
        assert runs.stored_status(tx, LIST).stage_progress is None


@pytest.mark.usefixtures("small_steps")
def test_a_run_that_goes_on_in_another_call_goes_on_counting(world: World) -> None:
    for number in range(12):
        world.contact(f"c{number}@example.org", {NEWS: 20})
    world.sync(stop_on=Stage.RECONCILE)
    watched(world, Watcher(world), seconds=1)
    with world.store.begin() as tx:
        left = runs.stored_status(tx, LIST).stage_progress
    watcher = Watcher(world)

    watched(world, watcher)

    assert left is not None
    assert left.total == 12
    first = watcher.of("readyToReconcileQueue")[0]
    assert (first.done, first.total) == (left.done, 12)
    assert first.seconds >= left.seconds


def test_the_figures_of_a_run_say_for_how_many_people_it_changed_what(world: World) -> None:
    world.member("ann@example.org")
    bob = world.contact("bob@example.org", {NEWS: 20, WALKS: 20})

    result = world.sync()

    assert counts_of(world, result.run_id) == {
        "subscribed_at_civicrm": 2,
        "subscribed_at_mailchimp": 2,
        "planned": {"create": 1, "join": 1, "add": 1, "interests": 1},
        "changes": {"create": 1, "join": 1, "add": 1, "interests": 1},
    }
    assert WALK in world.interests("bob@example.org")
    world.put(bob, "Removed")
    world.pass_time(60)
    assert counts_of(world, world.sync().run_id) == {"planned": {"unsubscribe": 1}, "changes": {"unsubscribe": 1}}


@pytest.mark.batches
def test_what_mailchimp_confirms_after_a_run_has_ended_counts_for_that_run(world: World) -> None:
    world.contact("bob@example.org", {NEWS: 20})
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 3600))
    first = world.sync(wait_for_batches=False)
    before = counts_of(world, first.run_id)
    world.pass_time(5 * 3600)
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 0))

    world.sync()

    assert first.outcome is Outcome.WAITING
    assert before["changes"] == {}
    assert counts_of(world, first.run_id)["changes"] == {"add": 1}


def test_runs_that_look_at_changes_only_count_people_once_an_hour(world: World) -> None:
    world.member("ann@example.org")
    world.contact("ann@example.org", {NEWS: 20})
    counted = []
    for _ in range(4):
        run_id = world.sync().run_id
        counted.append("subscribed_at_civicrm" in counts_of(world, run_id))
        world.pass_time(1900)

    assert counted == [True, False, True, False]
    with world.store.begin() as tx:
        assert figures.last_counted(tx, LIST) is not None
