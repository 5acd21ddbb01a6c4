"""Aborting: a run stops, its batches are deleted, and the next run brings both sides into agreement all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import httpx2
import pytest
from sqlalchemy import select

from mailchimpsync.errors import LeaseLostError
from mailchimpsync.mailchimp import recent_batches
from mailchimpsync.model import ChangeKind, Limit, Limits, Stage
from mailchimpsync.runtime import SLEEP_SLICE_SECONDS
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import batch, run
from mailchimpsync.sync import AbortResult, Outcome, abort_connection
from mailchimpsync.sync.updates import batches as batch_lane
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.variations import every_fourth
from support.world import LIST, NEWS, WALK, WALKS, World

pytestmark = pytest.mark.batches

NOTHING_DONE_YET = {"started": 36_000.0}
ALL_DONE_BUT_NOT_TOLD = {"finalizing": 36_000.0}


class PulledPlugError(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def _waits_are_cut_as_finely_as_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(World, "slice_seconds", SLEEP_SLICE_SECONDS)


def abort(world: World) -> AbortResult:
    """Abort from another process."""
    return abort_connection(world.new_systems(), world.connection)


def ask_to_stop(world: World) -> None:
    with world.store.begin() as tx:
        runs.request_abort(tx, LIST)


def outcomes(world: World) -> list[str | None]:
    with world.store.begin() as tx:
        return list(tx.execute(select(run.c.outcome).order_by(run.c.id)).scalars())


def batches(world: World) -> list[tuple[str | None, int]]:
    with world.store.begin() as tx:
        found = tx.execute(select(batch.c.status, batch.c.response_processed).order_by(batch.c.id))
        return [(row.status, row.response_processed) for row in found]


def assert_agreement(world: World, ann: int, bella: int, carl: int) -> None:
    assert world.status("ann@example.org") == "subscribed"
    assert world.status("bella@example.org") == "unsubscribed"
    assert world.interests("carl@example.org") == {WALK}
    assert [world.in_group(one) for one in (ann, bella, carl)] == ["Added", "Removed", "Added"]
    assert {row["sync_status"] for row in world.rows()} == {"ok"}
    assert world.open_updates() == []


@pytest.mark.parametrize("dwell", [NOTHING_DONE_YET, ALL_DONE_BUT_NOT_TOLD])
def test_whether_or_not_mailchimp_had_done_it_the_next_run_comes_out_right(
    world: World, dwell: dict[str, float]
) -> None:
    world.member("bella@example.org")
    world.member("carl@example.org")
    bella, carl = (world.contact(f"{name}@example.org", {NEWS: 20}) for name in ("bella", "carl"))
    world.sync()
    world.pass_time(86_400)
    ann = world.contact("ann@example.org", {NEWS: 0})
    world.put(bella, "Removed")
    world.put(carl, "Added", WALKS)
    world.mailchimp.set_options(batch_dwell=dwell)
    assert world.sync(seconds=60).outcome is Outcome.WAITING

    done = abort(world)

    assert (done.batches_deleted, done.updates_aborted, done.kept) == (1, 3, ())
    assert recent_batches(world.systems.mailchimp) == []
    assert batches(world)[-1] == ("aborted", 2)
    assert [world.sync_result(contact=one) for one in (ann, bella, carl)] == [("fail", "ABORTED")] * 3
    assert world.open_updates() == []

    world.mailchimp.set_options(batch_dwell=dict.fromkeys(dwell, 0.0))
    world.pass_time(60)
    assert world.sync().outcome is Outcome.DONE
    assert_agreement(world, ann, bella, carl)
    world.forget_requests()
    world.sync()
    assert world.writes() == []


@pytest.mark.parametrize("stage", every_fourth(Stage))
def test_a_run_aborted_before_any_stage_leaves_nothing_out(world: World, stage: Stage) -> None:
    world.member("bella@example.org")
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync(stop_on=stage)

    done = abort(world)

    assert (done.was_at_work, done.run_id, outcomes(world)) == (False, 1, ["aborted"])
    assert world.open_updates() == []
    with world.store.begin() as tx:
        stored = runs.stored_status(tx, LIST)
    assert (stored.stage, stored.lease_owner, stored.abort_requested) == (Stage.FETCH, None, None)

    world.pass_time(3 * 3_600)
    assert world.sync().outcome is Outcome.DONE
    assert world.status("ann@example.org") == "subscribed"
    assert world.in_group(world.owners("bella@example.org")[0]) == "Added"
    assert {row["sync_status"] for row in world.rows()} == {"ok"}
    assert world.owners("ann@example.org") == [ann]


def test_what_staff_did_while_the_batch_was_in_flight_outlasts_the_abort(world: World) -> None:
    """Mailchimp did Ann's and Bella's updates after staff had thought better of them."""
    world.member("bella@example.org")
    bella = world.contact("bella@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(86_400)
    ann = world.contact("ann@example.org", {NEWS: 0})
    world.put(bella, "Removed")
    world.mailchimp.set_options(batch_dwell={"started": 600.0, "finalizing": 36_000.0})
    world.sync(seconds=60)
    world.put(ann, "Removed")
    world.put(bella, "Added")
    world.pass_time(700)
    recent_batches(world.systems.mailchimp)
    assert (world.status("ann@example.org"), world.status("bella@example.org")) == ("subscribed", "unsubscribed")

    abort(world)
    world.mailchimp.set_options(batch_dwell={"started": 0.0, "finalizing": 0.0})
    world.sync()

    assert (world.status("ann@example.org"), world.in_group(ann)) == ("unsubscribed", "Removed")
    assert (world.status("bella@example.org"), world.in_group(bella)) == ("subscribed", "Added")


def test_a_person_who_leaves_after_an_abort_is_not_brought_back(world: World) -> None:
    world.mailchimp.set_options(batch_dwell=ALL_DONE_BUT_NOT_TOLD)
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync(seconds=60)
    abort(world)
    world.pass_time(600)
    world.act("ann@example.org", "unsubscribe")

    world.mailchimp.set_options(batch_dwell={"finalizing": 0.0})
    world.sync()

    assert world.status("ann@example.org") == "unsubscribed"
    assert world.in_group(ann) == "Removed"


def test_at_rest_an_abort_does_no_harm(world: World) -> None:
    world.contact("ann@example.org", {NEWS: 20})
    abort(world)
    world.sync()
    before = world.rows()
    world.forget_requests()

    done = abort(world)

    assert done == AbortResult(was_at_work=False, run_id=None, batches_deleted=0, updates_aborted=0, kept=())
    assert world.requests() == []
    assert world.rows() == before
    assert outcomes(world) == ["done"]


def test_a_batch_that_cannot_be_deleted_keeps_no_other_and_is_read_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_lane, "OPERATIONS_MAX", 1)
    world.mailchimp.set_options(batch_dwell=NOTHING_DONE_YET)
    ann, bella = (world.contact(f"{name}@example.org", {NEWS: 20}) for name in ("ann", "bella"))
    world.sync(seconds=60)
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, pattern="DELETE /3.0/batches", times=6, status=500))

    done = abort(world)

    [kept] = done.kept
    assert kept.error is not None
    assert (done.batches_deleted, done.updates_aborted) == (1, 1)
    assert [world.sync_result(contact=one) for one in (ann, bella)] == [("live", "CIVICRM_ADDED"), ("fail", "ABORTED")]

    world.mailchimp.set_options(batch_dwell={"started": 0.0})
    world.sync()
    assert [world.sync_result(contact=one)[0] for one in (ann, bella)] == ["ok", "ok"]


def test_a_deleted_batch_is_not_looked_at_again(world: World) -> None:
    world.mailchimp.set_options(batch_dwell=NOTHING_DONE_YET)
    world.contact("ann@example.org", {NEWS: 20})
    world.sync(seconds=60)
    abort(world)
    world.forget_requests()

    again = abort(world)

    assert (again.batches_deleted, world.requests()) == (0, [])


def test_a_batch_that_is_gone_at_mailchimp_counts_as_deleted(world: World) -> None:
    world.mailchimp.set_options(batch_dwell=NOTHING_DONE_YET)
    world.contact("ann@example.org", {NEWS: 20})
    world.sync(seconds=60)
    world.pass_time(8 * 86_400)

    done = abort(world)

    assert (done.batches_deleted, done.kept) == (1, ())


@pytest.mark.parametrize("arrived", [True, False])
def test_a_batch_of_which_nobody_knows_whether_it_arrived_is_looked_for_and_kept_until_its_results_prove_it_ours(
    world: World, arrived: bool
) -> None:
    world.mailchimp.set_options(batch_dwell=NOTHING_DONE_YET)
    ann = world.contact("ann@example.org", {NEWS: 20})

    def pull_the_plug(request: httpx2.Request) -> None:
        if request.method == "POST" and request.url.path.endswith("/batches"):
            raise PulledPlugError

    if arrived:
        world.to_mailchimp.after = pull_the_plug
    else:
        world.to_mailchimp.before = pull_the_plug
    with pytest.raises(PulledPlugError):
        world.sync()
    world.to_mailchimp.before = world.to_mailchimp.after = lambda _request: None

    done = abort(world)

    if arrived:
        assert (done.batches_deleted, done.updates_aborted, len(done.kept)) == (0, 0, 1)
        world.mailchimp.set_options(batch_dwell={"started": 0.0})
        world.sync()
        assert world.sync_result(contact=ann)[0] == "ok"
        assert len(recent_batches(world.systems.mailchimp)) == 1
    else:
        assert (done.batches_deleted, done.updates_aborted, done.kept) == (0, 1, ())
        assert world.sync_result(contact=ann) == ("fail", "ABORTED")


def test_a_batch_of_someone_else_is_not_taken_for_a_lost_one(world: World) -> None:
    world.contact("ann@example.org", {NEWS: 20})
    theirs = [{"method": "GET", "path": f"/lists/{LIST}"}] * 2

    def pull_the_plug(request: httpx2.Request) -> None:
        if request.method == "POST" and request.url.path.endswith("/batches"):
            raise PulledPlugError

    world.to_mailchimp.before = pull_the_plug
    with pytest.raises(PulledPlugError):
        world.sync()
    world.to_mailchimp.before = lambda _request: None
    client = world.systems.mailchimp
    httpx2.Client(transport=world.to_mailchimp, auth=("any", "0123456789abcdef0123456789abcdef-us1")).post(
        f"{client.base_url}/batches", json={"operations": theirs}
    )
    world.pass_time(60)
    recent_batches(client)

    assert abort(world).batches_deleted == 0
    assert len(recent_batches(client)) == 1


# -- a run at work ----------------------------------------------------------------------------------------------------


def test_a_run_that_waits_for_a_batch_notices_within_a_second(world: World) -> None:
    world.mailchimp.set_options(batch_dwell=NOTHING_DONE_YET)
    world.contact("ann@example.org", {NEWS: 20})
    asked_at: list[datetime] = []

    def ask_at_the_fifth_poll(request: httpx2.Request) -> None:
        if request.method == "GET" and "/batches/" in request.url.path:
            polls.append(request)
            if len(polls) == 5:
                ask_to_stop(world)
                asked_at.append(world.now)

    polls: list[httpx2.Request] = []
    world.to_mailchimp.before = ask_at_the_fifth_poll

    result = world.sync()

    assert result.outcome is Outcome.ABORTED
    assert (world.now - asked_at[0]).total_seconds() <= 1


@pytest.mark.parametrize("side", ["to_mailchimp", "to_civicrm"])
def test_a_run_that_waits_before_a_retry_notices_and_does_not_try_again(
    world: World, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.contact("ann@example.org", {NEWS: 20})
    monkeypatch.setattr(world.runtime.chance, "uniform", max)  # the longest pause there is
    asked_at: list[datetime] = []

    def fail(request: httpx2.Request) -> None:
        if asked_at:
            raise AssertionError("it tried again")
        asked_at.append(world.now)
        ask_to_stop(world)
        raise httpx2.ConnectError("no route", request=request)

    getattr(world, side).before = fail

    result = world.sync()

    assert result.outcome is Outcome.ABORTED
    assert (world.now - asked_at[0]).total_seconds() <= 1


def test_a_request_to_stop_that_was_left_behind_stops_no_later_run(world: World) -> None:
    world.contact("ann@example.org", {NEWS: 20})
    ask_to_stop(world)
    world.pass_time(90)

    assert world.sync().outcome is Outcome.DONE


def test_a_run_in_a_request_that_hangs_loses_the_lease_and_writes_nothing_more(world: World) -> None:
    world.member("bella@example.org")
    ann = world.contact("ann@example.org", {NEWS: 20})
    aborted: list[AbortResult] = []

    def hang_until_aborted(request: httpx2.Request) -> None:
        if request.url.path.endswith("/members") and not aborted:
            aborted.append(abort_connection(world.new_systems(), world.connection))
            world.forget_requests()

    world.to_mailchimp.before = hang_until_aborted

    with pytest.raises(LeaseLostError):
        world.sync()

    assert aborted[0].was_at_work
    assert world.writes() == []
    assert world.rows() == []
    assert outcomes(world) == ["aborted"]

    world.sync()
    assert world.sync_result(contact=ann) == ("ok", "CIVICRM_ADDED")


def test_a_plan_whose_run_is_aborted_is_dropped_and_not_done_again(world: World) -> None:
    people = ["ann@example.org", "bella@example.org", "carl@example.org"]
    for address in people:
        world.member(address)
        world.contact(address, {NEWS: 20})
    world.sync()
    world.connection = replace(world.connection, limits=Limits({ChangeKind.UNSUBSCRIBE: Limit(number=1, share=1.0)}))
    world.pass_time(3_600)
    for address in people[:2]:
        world.put(world.owners(address)[0], "Removed")
    held = world.sync()
    plan_id = held.kept_plan_id or 0
    with world.store.begin() as tx:
        assert kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], PlanState.APPROVED, world.now, "ann")
    world.sync(stop_on=Stage.CHANGE_GROUPS)
    abort(world)
    with world.store.begin() as tx:
        plan = kept_plans.find_plan(tx, plan_id)

    assert held.outcome is Outcome.HELD
    assert plan is not None
    assert (plan.state, plan.decided_by) == ("dropped", "abort")
    again = world.sync()
    assert again.outcome is Outcome.HELD
    assert again.kept_plan_id != plan_id
    assert [world.status(address) for address in people] == ["subscribed"] * 3
