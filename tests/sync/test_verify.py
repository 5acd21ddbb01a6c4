"""Comparing both sides in full: each kind of difference, what it comes from, and nothing that is not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, update

from mailchimpsync.errors import EvidenceError, TransientError
from mailchimpsync.model import ChangeKind, Limit, Limits, Stage
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.queries.due import count_due
from mailchimpsync.store.schema import cache, status, verification
from mailchimpsync.store.verify import verifications
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.reading import member_pages
from mailchimpsync.sync.verify import Difference, VerificationResult, verify
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.world import LIST, NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago

PEOPLE = ("ann", "bella", "carl", "dora")


@pytest.fixture
def agreed(world: World) -> World:
    """Four people who get the news, Ann with the walks; both sides agree, and an hour has passed."""
    for name in PEOPLE:
        world.member(address(name), interests={WALK: name == "ann"})
        world.contact(address(name), {NEWS: 200} | ({WALKS: 200} if name == "ann" else {}))
    world.sync(everything=True)
    world.pass_time(3_600)
    world.forget_requests()
    return world


def address(name: str) -> str:
    return f"{name}@example.org"


def contact(world: World, name: str) -> int:
    return world.owners(address(name))[0]


def compared(world: World, **options: Any) -> VerificationResult:
    return verify(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann", **options)


def found(world: World) -> set[tuple[str, str, str | None]]:
    """What differs: the kind, the cause, and its code."""
    return {(one["kind"], one["cause"], one["code"]) for one in compared(world).counts}


def as_if_a_run_had_seen_it(world: World) -> None:
    """Move our mark behind what has just happened: a run has overlooked it, and our rows say that all is well."""
    world.pass_time(3_600)
    with world.store.begin() as tx:
        tx.execute(update(status).values(last_sync_time=world.now))
    world.pass_time(3_600)


def tamper(world: World, name: str, **values: Any) -> None:
    """Change our own row."""
    row = world.row(email=address(name))["id"]
    with world.store.begin() as tx:
        tx.execute(update(cache).where(cache.c.id == row).values(**values))


def test_where_both_sides_agree_it_says_so_and_writes_nothing(agreed: World) -> None:
    before = agreed.rows()
    result = compared(agreed)

    assert result.in_sync
    assert (result.members, result.subscribed, result.in_group) == (4, 4, 4)
    assert (result.explained, result.unexplained, result.counts, result.differences) == (0, 0, [], [])
    assert agreed.writes() == []
    assert agreed.rows() == before


def test_each_side_is_read_once(agreed: World) -> None:
    compared(agreed)
    pages = [one for one in agreed.requests() if "/members" in one]

    assert len(pages) == 2  # one page, and one of the archived


# -- each kind, planted behind the product's back ----------------------------------------------------------------------


def test_a_person_who_is_subscribed_and_not_in_the_group_is_found_though_our_row_says_all_is_well(
    agreed: World,
) -> None:
    agreed.put(contact(agreed, "bella"), "Removed")
    as_if_a_run_had_seen_it(agreed)
    result = compared(agreed)

    assert not result.in_sync
    [one] = result.differences
    assert (one["kind"], one["cause"]) == ("subscribed, not in the group", "unknown")
    assert (one["contact_id"], one["address"]) == (contact(agreed, "bella"), address("bella"))


def test_a_person_who_is_in_the_group_and_not_subscribed_is_found(agreed: World) -> None:
    agreed.act(address("carl"), "unsubscribe")
    as_if_a_run_had_seen_it(agreed)
    [one] = compared(agreed).differences

    assert (one["kind"], one["cause"]) == ("in the group, not subscribed", "unknown")
    assert (one["contact_id"], one["address"], one["status"]) == (
        contact(agreed, "carl"),
        address("carl"),
        "unsubscribed",
    )


def test_a_person_who_is_in_the_group_and_unknown_at_mailchimp_is_found(agreed: World) -> None:
    erin = agreed.contact(address("erin"), {NEWS: 100})
    as_if_a_run_had_seen_it(agreed)
    [one] = compared(agreed).differences

    assert (one["kind"], one["cause"], one["contact_id"], one["status"]) == (
        "in the group, not subscribed",
        "unknown",
        erin,
        None,
    )


def test_a_member_nobody_in_civicrm_knows_is_found(agreed: World) -> None:
    agreed.member(address("finn"))
    as_if_a_run_had_seen_it(agreed)
    [one] = compared(agreed).differences

    assert (one["kind"], one["cause"], one["contact_id"]) == ("subscribed, not in the group", "unknown", None)


def test_interests_that_differ_from_their_groups_are_found_both_ways(agreed: World) -> None:
    agreed.put(contact(agreed, "ann"), "Removed", WALKS)
    agreed.put(contact(agreed, "dora"), "Added", WALKS)
    as_if_a_run_had_seen_it(agreed)

    assert {(one["kind"], one["address"], one["interest"]) for one in compared(agreed).differences} == {
        ("interest ticked, not in its group", address("ann"), WALK),
        ("in an interest's group, not ticked", address("dora"), WALK),
    }


def test_archived_members_are_no_subscribers(agreed: World) -> None:
    agreed.act(address("carl"), "archive")
    as_if_a_run_had_seen_it(agreed)

    assert found(agreed) == {("in the group, not subscribed", "unknown", None)}


def test_the_pages_of_a_large_audience_are_read_to_the_end(agreed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 2)

    assert compared(agreed).subscribed == 4


# -- a row that was tampered with explains nothing ---------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["CV_ON_HOLD", "MC_OPTED_OUT"])
def test_a_reason_that_is_not_true_explains_nothing(agreed: World, reason: str) -> None:
    agreed.act(address("carl"), "unsubscribe")
    as_if_a_run_had_seen_it(agreed)
    tamper(agreed, "carl", sync_status="fail", reason=reason)

    assert found(agreed) == {("in the group, not subscribed", "unknown", None)}


def test_a_row_that_only_claims_an_update_is_on_its_way_explains_nothing(agreed: World) -> None:
    agreed.act(address("carl"), "unsubscribe")
    as_if_a_run_had_seen_it(agreed)
    tamper(agreed, "carl", sync_status="live")

    assert found(agreed) == {("in the group, not subscribed", "unknown", None)}


def test_a_row_given_to_another_contact_misleads_nobody(agreed: World) -> None:
    tamper(agreed, "bella", civicrm_contact_id=contact(agreed, "carl"))

    assert compared(agreed).in_sync


def test_rows_that_are_gone_mislead_nobody(agreed: World) -> None:
    with agreed.store.begin() as tx:
        tx.execute(delete(cache))

    assert compared(agreed).in_sync


# -- what explains a difference ----------------------------------------------------------------------------------------


def test_a_person_who_cannot_be_synced_is_explained_by_the_reason(agreed: World) -> None:
    agreed.contact((), {NEWS: 100})
    agreed.contact([{"email": "gil@example.org", "on_hold": 1}], {NEWS: 100})
    agreed.member(address("hugo"), "cleaned")
    agreed.put(agreed.contact(address("hugo")), "Added")
    agreed.sync(everything=True)
    agreed.pass_time(3_600)
    result = compared(agreed)

    assert (result.in_sync, result.verdict, result.due) == (False, "explained", 0)
    assert result.by_cause == {"can't be synced": 3}
    assert {one["code"] for one in result.counts} == {"CV_NO_ADDRESS", "CV_ON_HOLD", "MC_BOUNCED"}
    assert {one["cause"] for one in result.counts} == {"can't be synced"}


def test_two_contacts_with_one_address_differ_by_one_that_is_explained(agreed: World) -> None:
    agreed.put(agreed.contact(address("ann")), "Added")
    agreed.sync(everything=True)
    agreed.pass_time(3_600)

    assert found(agreed) == {("in the group, not subscribed", "can't be synced", "CV_SHARED_ADDRESS")}


def test_what_changed_since_the_last_run_is_no_drift(agreed: World) -> None:
    agreed.put(contact(agreed, "bella"), "Removed")
    agreed.act(address("carl"), "unsubscribe")
    agreed.trash(contact(agreed, "dora"))
    result = compared(agreed)

    assert (result.verdict, result.due) == ("explained", 3)
    assert {(one["kind"], one["cause"]) for one in result.counts} == {
        ("subscribed, not in the group", "changed since the last run"),
        ("in the group, not subscribed", "changed since the last run"),
    }


def test_what_a_run_has_read_and_not_decided_is_due(agreed: World) -> None:
    agreed.put(contact(agreed, "bella"), "Removed")
    agreed.sync(stop_on=Stage.RECONCILE)

    assert found(agreed) == {("subscribed, not in the group", "due: the next run decides", None)}


def test_before_the_first_sync_everything_is_due(world: World) -> None:
    world.contact(address("ann"), {NEWS: 10})

    assert found(world) == {("in the group, not subscribed", "due: the next run decides", None)}


def test_people_who_are_due_are_counted_as_status_counts_them_before_the_first_sync_is_complete(
    world: World,
) -> None:
    limits = Limits({ChangeKind.JOIN: Limit(number=0)})
    world.connection = replace(world.connection, interests={WALK: WALKS, RIDE: RIDES}, limits=limits)
    world.member(address("ann"), interests={WALK: True, RIDE: True})
    world.contact(address("ann"), {NEWS: 10})
    world.contact((), {NEWS: 10})
    assert world.sync(everything=True).outcome is Outcome.HELD
    result = compared(world)
    with world.store.begin() as tx:
        known = count_due(tx, LIST)

    assert result.explained == 3
    assert result.by_cause == {"held by the guard": 1, "can't be synced": 1}
    assert result.due == known.number == 1


@pytest.mark.batches
def test_an_update_on_its_way_explains_a_difference(agreed: World) -> None:
    agreed.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 999))
    agreed.put(contact(agreed, "bella"), "Removed")
    assert agreed.sync(wait_for_batches=False).outcome is Outcome.WAITING

    assert found(agreed) == {("subscribed, not in the group", "an update is on its way", None)}


def test_what_the_guard_holds_is_explained(agreed: World) -> None:
    limits = Limits({ChangeKind.UNSUBSCRIBE: Limit(number=1)})
    agreed.connection = replace(agreed.connection, limits=limits)
    for name in ("bella", "carl"):
        agreed.put(contact(agreed, name), "Removed")
    assert agreed.sync().outcome is Outcome.HELD

    assert found(agreed) == {("subscribed, not in the group", "held by the guard", None)}


def test_an_address_that_was_changed_in_civicrm_only_is_still_the_same_person(agreed: World) -> None:
    agreed.edit_address(contact(agreed, "ann"), email="ann.new@example.org")
    agreed.sync(everything=True)
    agreed.pass_time(3_600)

    assert compared(agreed).in_sync


def test_someone_mailed_at_the_address_of_a_merged_contact_is_no_agreement(agreed: World) -> None:
    """CiviCRM leaves an address in the trash where the contact that is kept has one of the same location."""
    kept = agreed.contact("ann.kept@example.org")
    agreed.merge(kept, contact(agreed, "ann"))
    agreed.sync(everything=True)
    agreed.sync(everything=True)
    agreed.pass_time(3_600)
    assert (agreed.in_group(kept), agreed.status(address("ann"))) == ("Added", "subscribed")
    assert agreed.status("ann.kept@example.org") is None

    former = "the contact, or one merged into it, had the address before"
    assert found(agreed) == {("subscribed with an address that CiviCRM does not show", former, None)}
    assert not compared(agreed).in_sync
    assert compared(agreed).due == 0


# -- what changes while it reads ---------------------------------------------------------------------------------------


def once_a_request_says(world: World, text: str, act: Callable[[], None]) -> None:
    """Do something in CiviCRM or at Mailchimp just before the first request with a text in its address."""
    todo = [act]

    def before(request: httpx2.Request) -> None:
        if text in str(request.url) and todo:
            todo.pop()()

    world.to_civicrm.before = before


def test_a_person_who_leaves_both_sides_while_it_reads_does_not_differ(agreed: World) -> None:
    def leave() -> None:
        agreed.act(address("carl"), "unsubscribe")
        agreed.put(contact(agreed, "carl"), "Removed")

    once_a_request_says(agreed, "GroupContact/get", leave)
    result = compared(agreed)

    assert result.counts == []
    assert result.in_sync


def test_a_person_who_joins_both_sides_while_it_reads_does_not_differ(agreed: World) -> None:
    def join() -> None:
        agreed.member(address("gina"), last_changed=agreed.now.isoformat())
        agreed.put(agreed.contact(address("gina")), "Added")

    once_a_request_says(agreed, "GroupContact/get", join)

    assert compared(agreed).counts == []


def test_pages_that_shift_while_it_reads_are_read_again(agreed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 2)
    waiting = [address("ann")]

    def leave(request: httpx2.Request) -> None:
        if "offset=1" in str(request.url) and waiting:
            agreed.act(waiting.pop(), "archive", "admin")

    agreed.to_mailchimp.before = leave
    result = compared(agreed)

    assert (result.members, result.subscribed) == (4, 3)
    assert {(one["address"], one["cause"]) for one in result.differences} == {
        (address("ann"), "changed since the last run")
    }


def test_pages_that_never_add_up_prove_nothing(agreed: World) -> None:
    short = '{"total_items": 9, "members": []}'
    agreed.mailchimp.faults.plant(Fault(FaultKind.STATUS, "/members", times=99, status=200, body=short))
    with pytest.raises(EvidenceError, match="be read completely"):
        compared(agreed)
    with agreed.store.begin() as tx:
        assert verifications.newest_verification(tx, LIST) is None


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_what_was_found_is_kept_and_who_differed_of_the_newest_only(agreed: World) -> None:
    agreed.put(contact(agreed, "bella"), "Removed")
    as_if_a_run_had_seen_it(agreed)
    compared(agreed)
    compared(agreed)
    with agreed.store.begin() as tx:
        first, second = tx.execute(select(verification).order_by(verification.c.id)).mappings().all()

    assert first["counts"] == second["counts"] != []
    assert first["differences"] is None
    assert second["differences"][0]["address"] == address("bella")
    assert (second["made_by"], second["unexplained"], second["explained"]) == ("ann", 1, 0)


def test_every_difference_is_told(agreed: World) -> None:
    agreed.put(contact(agreed, "bella"), "Removed")
    told: list[Difference] = []
    compared(agreed, tell=told.append)

    assert [one.address for one in told] == [address("bella")]


def test_it_ends_when_its_time_is_over(agreed: World) -> None:
    deadline = Deadline.after(agreed.runtime, 1)
    agreed.pass_time(2)
    with pytest.raises(TransientError):
        verify(agreed.systems, agreed.connection, deadline, by="ann")


def test_it_runs_beside_a_run(agreed: World) -> None:
    agreed.sync(stop_on=Stage.CHANGE_GROUPS)
    with agreed.store.begin() as tx:
        tx.execute(update(status).values(lease_owner="another", lease_expires=agreed.now.replace(year=2030)))

    assert compared(agreed).in_sync


@pytest.mark.parametrize("status", ["pending", "cleaned"])
def test_an_address_that_another_one_has_replaced_is_no_difference(world: World, status: str) -> None:
    world.member(address("tom"), status, last_changed=days_ago(30))
    tom = world.contact(address("tom"), {NEWS: 5})
    world.sync()
    world.pass_time(3_600)
    world.edit_address(tom, email=address("thomas"))
    for _ in range(3):
        world.sync()
        world.pass_time(3_600)
    assert world.status(address("thomas")) is not None

    assert found(world) == set()
