"""A linked interest that was deleted at Mailchimp keeps nobody off the list, and is told."""

from __future__ import annotations

from dataclasses import replace

from mailchimpsync.actions.alerts.detection import Observation, problems_of
from mailchimpsync.actions.alerts.problems import Kind
from mailchimpsync.actions.runs.reports import Report
from mailchimpsync.actions.status.connection_state import ConnectionState, Level, state_of
from mailchimpsync.actions.status.state_texts import headline
from mailchimpsync.config import Alerts, Link
from mailchimpsync.errors import EXIT_NEEDS_A_PERSON
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.schema import cache
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.verify import Verdict, VerificationResult, verify
from support.world import LIST, NEWS, RIDE, RIDES, WALK, WALKS, World

GONE = "9999999999"


def test_people_are_subscribed_without_a_deleted_interest_and_the_run_says_so(world: World) -> None:
    world.connection = replace(world.connection, interests={**world.connection.interests, GONE: 11})
    world.civicrm.add_group(11, "Talks")
    ann = world.contact("ann@example.org", {NEWS: 20, WALKS: 20, 11: 20})

    result = world.sync()

    assert result.outcome is Outcome.DONE
    assert (world.status("ann@example.org"), world.sync_result(contact=ann)[0]) == ("subscribed", "ok")
    assert any("MC_MAPPING_GONE" in note and GONE in note for note in result.notes)
    assert (world.in_group(ann, 11), world.in_group(ann, WALKS)) == ("Added", "Added")
    assert len(world.interests("ann@example.org")) == 1


def test_where_nobody_is_newly_subscribed_the_interests_are_not_asked_for(world: World) -> None:
    world.contact("ann@example.org", {NEWS: 20, RIDES: 20})
    world.sync()
    world.pass_time(3_600)
    world.forget_requests()

    world.sync()

    assert not [one for one in world.requests() if "interest-categories" in one]


def linked_to_what_is_gone(world: World) -> None:
    world.connection = replace(world.connection, interests={**world.connection.interests, GONE: 11})
    world.civicrm.add_group(11, "Talks")


def test_a_deleted_interest_is_a_fault_of_the_connection_until_it_is_linked_otherwise(world: World) -> None:
    before = world.connection
    linked_to_what_is_gone(world)
    world.member("ann@example.org")
    world.contact("ann@example.org", {NEWS: 20})

    result = world.sync()

    assert (result.gone_interests, Report(link_of(world), result).exit_code) == ((GONE,), EXIT_NEEDS_A_PERSON)
    state = state_now(world)
    assert (state.gone_interests, state.in_sync, state.level) == ((GONE,), False, Level.MIDDLE)
    assert headline(state) == "in sync, except for 1 linked interest that no longer exists"
    [problem] = problems_of(link_of(world), Observation(gone_interests=1, synced=world.now), Alerts(), (), world.now)
    assert (problem.kind, problem.code) == (Kind.INTERESTS, "MC_MAPPING_GONE")

    world.connection = before
    world.pass_time(3_600)
    assert world.sync().gone_interests == ()
    assert state_now(world).in_sync


def test_a_person_who_was_refused_for_a_deleted_interest_is_due_again(world: World) -> None:
    linked_to_what_is_gone(world)
    world.member("ann@example.org")
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    with world.store.begin() as tx:
        refused = {"sync_status": "fail", "reason": "MC_MAPPING_GONE", "base_subscribed": True}
        tx.execute(cache.update().where(cache.c.civicrm_contact_id == ann).values(refused))

    world.sync()

    assert world.sync_result(contact=ann) == ("ok", "IN_SYNC")


def test_a_comparison_says_which_linked_interest_could_not_be_compared_and_the_connection_is_at_fault(
    world: World,
) -> None:
    linked_to_what_is_gone(world)
    world.member("ann@example.org")
    world.contact("ann@example.org", {NEWS: 20, 11: 20})
    world.sync()

    found = compare(world)

    assert (found.verdict, found.gone_interests, found.due, found.by_cause) == (Verdict.EXPLAINED, (GONE,), 0, {})
    assert not found.in_sync


def test_a_comparison_that_finds_an_interest_gone_before_any_sync_does_says_so_of_the_connection(world: World) -> None:
    before = world.connection
    world.member("ann@example.org")
    world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    linked_to_what_is_gone(world)

    compare(world)
    assert state_now(world).gone_interests == (GONE,)

    world.connection = before
    compare(world)
    assert state_now(world).in_sync


def compare(world: World) -> VerificationResult:
    return verify(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")


def link_of(world: World) -> Link:
    interests = {GONE: 11, WALK: WALKS, RIDE: RIDES} if GONE in world.connection.interests else {WALK: WALKS}
    return Link(audience_id=LIST, account="main", group_id=NEWS, interests=interests)


def state_now(world: World) -> ConnectionState:
    with world.store.begin() as tx:
        return state_of(tx, link_of(world), world.now)
