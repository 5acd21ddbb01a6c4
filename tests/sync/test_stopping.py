"""A request to stop is noticed wherever a run waits; requests, stages and runs are reported to listeners."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import httpx2
import pytest

from mailchimpsync.errors import TransientError
from mailchimpsync.mailchimp import audience
from mailchimpsync.model import Stage
from mailchimpsync.runtime import SLEEP_SLICE_SECONDS, Deadline
from mailchimpsync.sync import Outcome, run_connection
from support.world import LIST, NEWS, World


@pytest.fixture(autouse=True)
def _waits_are_cut_as_finely_as_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "slice_seconds", SLEEP_SLICE_SECONDS)


@dataclass
class Notebook:
    """Someone who measures."""

    requests: list[tuple[str, str, int]] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    runs: list[tuple[str, str, float]] = field(default_factory=list)

    def request(self, service: str, method: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.requests.append((service, method, status))

    def stage(self, list_id: str, stage: str, seconds: float) -> None:
        assert (list_id, seconds >= 0) == (LIST, True)
        self.stages.append(stage)

    def run(self, list_id: str, outcome: str, seconds: float) -> None:
        self.runs.append((list_id, outcome, seconds))


def refuse(request: httpx2.Request) -> None:
    raise httpx2.ConnectError("no route", request=request)


def test_a_wait_goes_on_to_its_end_or_to_the_deadline(world: World) -> None:
    began = world.now

    assert Deadline.after(world.runtime, None).sleep(2.2)
    assert (world.now - began).total_seconds() == 2.2

    assert not Deadline.after(world.runtime, 0.7).sleep(60)
    assert (world.now - began).total_seconds() == pytest.approx(2.9)


def test_a_wait_ends_within_half_a_second_of_a_wish_to_stop(world: World) -> None:
    wished_at = world.now.timestamp() + 10.1
    deadline = Deadline.after(world.runtime, 300, lambda: world.now.timestamp() >= wished_at)

    assert not deadline.sleep(60)

    assert 0 <= world.now.timestamp() - wished_at <= 0.5
    assert deadline.reached
    assert deadline.seconds_left(60) == 0


def test_a_client_that_waits_before_a_retry_raises_its_last_error_when_someone_wants_to_stop(world: World) -> None:
    began = world.now
    world.systems.mailchimp.deadline = Deadline(world.runtime, stop=lambda: (world.now - began).total_seconds() >= 0.5)
    asked_after: list[float] = []

    def fail(request: httpx2.Request) -> None:
        asked_after.append((world.now - began).total_seconds())
        raise httpx2.ConnectError("no route", request=request)

    world.to_mailchimp.before = fail

    with pytest.raises(TransientError, match="could not be reached"):
        audience(world.systems.mailchimp, LIST)

    assert (world.now - began).total_seconds() <= 1
    assert max(asked_after) < 0.5


@pytest.mark.batches
def test_a_caller_who_wants_to_stop_is_out_of_time_and_not_aborted(world: World) -> None:
    world.contact("ann@example.org", {NEWS: 20})
    world.mailchimp.set_options(batch_dwell={"started": 600.0})
    wished_at = world.now.timestamp() + 5
    deadline = Deadline.after(world.runtime, None, lambda: world.now.timestamp() >= wished_at)

    result = run_connection(world.systems, world.connection, deadline)

    assert result.outcome is Outcome.WAITING
    assert world.now.timestamp() - wished_at <= 1


def test_requests_stages_and_runs_are_reported_to_the_observer(world: World) -> None:
    notebook = Notebook()
    world.runtime = replace(world.runtime, observer=notebook)
    world.systems = world.new_systems()
    world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    world.to_mailchimp.before = refuse
    with pytest.raises(TransientError):
        world.sync(seconds=1)

    assert notebook.stages == [stage.value for stage in Stage if stage.value in notebook.stages]
    assert notebook.stages[0] == "readyToFetch"
    assert notebook.stages[-1] == "readyToSubmitUpdates"
    assert {("CiviCRM", "POST", 200), ("Mailchimp", "PUT", 200), ("Mailchimp", "GET", 0)} <= set(notebook.requests)
    assert [(list_id, outcome) for list_id, outcome, _ in notebook.runs] == [(LIST, "done"), (LIST, "MC_UNAVAILABLE")]
