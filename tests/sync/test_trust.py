"""Trust in one side: it wins wherever the two differ, in a run that someone has looked at, and then no longer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from mailchimpsync.model import Resubscribe, Stage, Trust
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.schema import kept_plan
from mailchimpsync.sync import Outcome, Result, preview
from support.webhook_delivery import WebhookDelivery
from support.world import NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago


def trusting(world: World, trust: Trust = Trust.NONE, **interests: Trust) -> None:
    world.connection = replace(world.connection, trust=trust, trust_interests=interests)


def decide(world: World, state: PlanState = PlanState.APPROVED) -> int:
    with world.store.begin() as tx:
        plan_id = int(tx.execute(select(kept_plan.c.id).where(kept_plan.c.state == PlanState.OPEN)).scalar_one())
        assert kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], state, world.now, "ann")
    return plan_id


def approved_sync(world: World) -> Result:
    """A sync that is held, looked at and approved, and the one that carries it out."""
    assert world.sync().outcome is Outcome.HELD
    decide(world)
    world.pass_time(60)
    return world.sync()


def removed(days: float) -> dict[str, str]:
    return {"status": "Removed", "date": days_ago(days)}


def a_charity(world: World) -> dict[str, int]:
    """Ann is only at Mailchimp, Bob was removed long ago and is there, Cid is in the group and left at Mailchimp of
    late, Dee is in the group only, Eve is unknown in CiviCRM, Fay gets the news on both sides."""
    people = {
        "ann": world.contact("ann@example.org"),
        "bob": world.contact("bob@example.org", {NEWS: removed(100)}),
        "cid": world.contact("cid@example.org", {NEWS: 100}),
        "dee": world.contact("dee@example.org", {NEWS: 100}),
        "fay": world.contact("fay@example.org", {NEWS: 100}),
    }
    for name in ("ann", "bob", "eve", "fay"):
        world.member(f"{name}@example.org")
    world.member("cid@example.org", "unsubscribed")
    return people


def test_where_civicrm_is_trusted_mailchimp_is_brought_into_line_and_who_left_is_asked(world: World) -> None:
    people = a_charity(world)
    trusting(world, Trust.CIVICRM)

    result = approved_sync(world)

    assert result.outcome is Outcome.DONE
    assert {name: world.status(f"{name}@example.org") for name in ("ann", "bob", "cid", "dee", "eve", "fay")} == {
        "ann": "unsubscribed",
        "bob": "unsubscribed",
        "cid": "pending",
        "dee": "subscribed",
        "eve": "unsubscribed",
        "fay": "subscribed",
    }
    assert {name: world.in_group(contact) for name, contact in people.items()} == {
        "ann": None,
        "bob": "Removed",
        "cid": "Added",
        "dee": "Added",
        "fay": "Added",
    }
    assert world.owners("eve@example.org") == []


def test_where_mailchimp_is_trusted_the_group_is_brought_into_line(world: World) -> None:
    people = a_charity(world)
    trusting(world, Trust.MAILCHIMP)

    approved_sync(world)

    assert {name: world.in_group(contact) for name, contact in people.items()} == {
        "ann": "Added",
        "bob": "Added",
        "cid": "Removed",
        "dee": "Removed",
        "fay": "Added",
    }
    assert world.in_group(world.owners("eve@example.org")[0]) == "Added"
    assert world.status("dee@example.org") is None
    assert world.status("cid@example.org") == "unsubscribed"


def test_rows_of_contacts_who_are_not_at_mailchimp_and_have_not_changed_count_too(world: World) -> None:
    dee = world.contact("not an address", {NEWS: 100})
    world.sync()
    assert world.sync_result(contact=dee) == ("fail", "CV_BAD_ADDRESS")
    world.pass_time(90_000)
    trusting(world, Trust.MAILCHIMP)

    approved_sync(world)

    assert world.in_group(dee) == "Removed"


@pytest.mark.parametrize("change", ["bounce", "delete"])
def test_a_person_who_bounced_or_was_erased_is_not_asked_though_civicrm_is_trusted(world: World, change: str) -> None:
    ann = world.contact("ann@example.org", {NEWS: 5})
    world.member("ann@example.org")
    world.sync()
    world.pass_time(3_600)
    world.act("ann@example.org", change)
    trusting(world, Trust.CIVICRM)

    approved_sync(world)

    assert world.status("ann@example.org") == {"bounce": "cleaned", "delete": None}[change]
    assert world.in_group(ann) == "Removed"


def test_leaving_after_both_sides_agreed_counts_whichever_side_is_trusted(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 100})
    world.member("ann@example.org")
    world.sync()
    world.pass_time(3_600)
    world.act("ann@example.org", "unsubscribe")
    trusting(world, Trust.CIVICRM)

    approved_sync(world)

    assert (world.status("ann@example.org"), world.in_group(ann)) == ("unsubscribed", "Removed")


def test_where_nobody_is_to_be_resubscribed_trust_asks_nobody(world: World) -> None:
    a_charity(world)
    trusting(world, Trust.CIVICRM)
    world.connection = replace(world.connection, resubscribe=Resubscribe.NEVER)

    approved_sync(world)

    assert world.status("cid@example.org") == "unsubscribed"


def test_each_interest_may_have_a_side_of_its_own(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 100, WALKS: 100})
    world.member("ann@example.org", interests={RIDE: True})
    bob = world.contact("bob@example.org", {NEWS: 100, RIDES: removed(1)})
    world.member("bob@example.org", interests={RIDE: True})
    trusting(world, **{WALK: Trust.CIVICRM, RIDE: Trust.MAILCHIMP})

    approved_sync(world)

    assert world.interests("ann@example.org") == {WALK, RIDE}
    assert (world.in_group(ann, WALKS), world.in_group(ann, RIDES)) == ("Added", "Added")
    assert world.in_group(bob, RIDES) == "Added"


def test_it_is_held_though_no_guard_is_set_and_writes_nothing_before(world: World) -> None:
    a_charity(world)
    trusting(world, Trust.CIVICRM)
    world.forget_requests()

    assert world.sync().outcome is Outcome.HELD
    world.pass_time(60)
    assert world.sync(everything=True).outcome is Outcome.HELD
    assert world.writes() == []
    with world.store.begin() as tx:
        assert "trusted" in tx.execute(select(kept_plan.c.excess)).scalar_one()[0]


def test_where_nothing_differs_there_is_nothing_to_look_at_and_trust_is_over(world: World) -> None:
    world.contact("fay@example.org", {NEWS: 100})
    world.member("fay@example.org")
    trusting(world, Trust.CIVICRM)

    result = world.sync()

    assert (result.outcome, result.trust_is_over) == (Outcome.DONE, True)


def test_a_plan_that_was_asked_for_and_approved_is_not_held_once_more(world: World) -> None:
    a_charity(world)
    trusting(world, Trust.MAILCHIMP)
    preview(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")
    assert world.journal() == []
    decide(world)

    result = world.sync()

    assert (result.outcome, result.trust_is_over) == (Outcome.DONE, True)
    assert world.in_group(world.owners("dee@example.org")[0]) == "Removed"


def test_it_is_over_with_the_run_that_is_complete_and_not_before(world: World) -> None:
    a_charity(world)
    trusting(world, Trust.CIVICRM)

    assert not world.sync().trust_is_over
    decide(world, PlanState.DROPPED)
    assert not world.sync().trust_is_over
    decide(world)
    assert world.sync().trust_is_over
    world.pass_time(3_600)
    world.act("guy@example.org", "subscribe")
    result = world.sync()  # it was not taken out of the configuration yet: a run as usual

    assert (result.outcome, result.trust_is_over) == (Outcome.DONE, True)
    assert world.status("guy@example.org") == "subscribed"


@pytest.mark.batches
def test_it_counts_once_more_if_what_it_sent_was_lost(world: World) -> None:
    a_charity(world)
    trusting(world, Trust.CIVICRM)
    world.sync()
    decide(world)
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 10**9))
    result = world.sync(wait_for_batches=False)
    assert (result.outcome, result.trust_is_over) == (Outcome.WAITING, False)

    world.pass_time(8 * 86_400)

    assert world.sync().outcome is Outcome.HELD
    assert world.in_group(world.owners("ann@example.org")[0]) is None


@pytest.mark.batches
def test_while_mailchimp_is_at_work_runs_are_made_without_it(world: World) -> None:
    a_charity(world)
    trusting(world, Trust.CIVICRM)
    world.sync()
    decide(world)
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 7_200))
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    world.act("guy@example.org", "subscribe")

    second = world.sync(wait_for_batches=False)
    world.pass_time(90_000)
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 0))
    third = world.sync()

    assert (second.outcome, second.trust_is_over) == (Outcome.WAITING, False)
    assert (third.outcome, third.trust_is_over) == (Outcome.DONE, True)
    assert world.in_group(world.owners("guy@example.org")[0]) == "Added"
    assert world.status("eve@example.org") == "unsubscribed"


def test_a_person_who_leaves_while_its_plan_waits_is_heard_by_webhook(world: World) -> None:
    people = a_charity(world)
    world.sync()
    world.pass_time(60)
    trusting(world, Trust.MAILCHIMP)
    post = WebhookDelivery(world)
    world.put(people["dee"], "Added")
    world.member("zoe@example.org", "unsubscribed")
    world.contact("zoe@example.org", {NEWS: 0})
    assert world.sync().outcome is Outcome.HELD

    world.act("fay@example.org", "unsubscribe")
    post.deliver_and_process()

    assert world.in_group(people["fay"]) == "Removed"
    assert world.in_group(people["dee"]) == "Added"


def test_a_webhook_is_handled_by_the_usual_rules(world: World) -> None:
    world.sync()
    trusting(world, Trust.CIVICRM)
    post = WebhookDelivery(world)
    world.act("guy@example.org", "subscribe")

    post.deliver_and_process()

    assert world.status("guy@example.org") == "subscribed"
    assert world.in_group(world.owners("guy@example.org")[0]) == "Added"


def test_a_hold_for_a_trust_that_was_taken_back_ends_with_it(world: World) -> None:
    a_charity(world)
    trusting(world, Trust.MAILCHIMP)
    assert world.sync().outcome is Outcome.HELD
    trusting(world)

    assert world.sync().outcome is Outcome.DONE
    assert world.status("dee@example.org") == "subscribed"


def test_an_interrupted_run_does_not_go_on_with_another_trust(world: World) -> None:
    a_charity(world)
    world.sync(stop_on=Stage.RECONCILE)
    trusting(world, Trust.MAILCHIMP)

    assert world.sync().outcome is Outcome.HELD


def test_where_civicrm_is_trusted_with_interests_only_a_newcomer_is_created_and_their_tick_taken_away(
    world: World,
) -> None:
    world.member("eve@example.org", interests={WALK: True})
    trusting(world, **{WALK: Trust.CIVICRM})

    result = approved_sync(world)

    assert result.outcome is Outcome.DONE
    [eve] = world.owners("eve@example.org")
    assert world.in_group(eve, NEWS)
    assert not world.in_group(eve, WALKS)
    assert world.members()["eve@example.org"]["interests"][WALK] is False
