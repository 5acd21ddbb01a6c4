"""What led to a plan: who was changed together, why, and what rests on dates alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes.moments import Moment
from mailchimpsync.store.schema import change, kept_plan
from mailchimpsync.sync import preview
from mailchimpsync.sync.safety.background import bursts
from support.world import NEWS, World, days_ago

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def planned(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Preview the next sync; return what led to the plan, and its changes by address."""
    plan_id = preview(world.systems, world.connection, Deadline(world.systems.runtime), by="ann")
    with world.store.begin() as tx:
        background = tx.execute(select(kept_plan.c.background).where(kept_plan.c.id == plan_id)).scalar_one()
        changes = tx.execute(select(change).where(change.c.plan_id == plan_id)).mappings().all()
    return background, {one["address"]: one for one in changes}


def moment(seconds: int, number: int, method: str | None = "Admin") -> Moment:
    return Moment(NOON + timedelta(seconds=seconds), method, number)


def test_people_removed_together_are_told_as_one_burst_with_its_times_and_method(world: World) -> None:
    people = [f"person{number}@example.org" for number in range(9)]
    for address in people:
        world.member(address, merge_fields={"FNAME": "Pia", "LNAME": "Lee"})
        world.contact(address, {NEWS: 200})
    world.sync()
    world.pass_time(3_600)
    for contact in [world.owners(address)[0] for address in people[:7]]:
        world.put(contact, "Removed")
    background, changes = planned(world)

    [burst] = background["bursts"]
    assert (burst["reason"], burst["people"], burst["group"]) == ("CIVICRM_REMOVED", 7, NEWS)
    assert burst["method"] == "Admin"
    assert burst["begin"] <= burst["end"]
    assert (background["reasons"], background["by_date"]) == ({"CIVICRM_REMOVED": 7}, 0)
    assert {one["kinds"] for one in changes.values()} == {",unsubscribe,"}
    assert {(one["name"], one["dates"]) for one in changes.values()} == {("Pia Lee", None)}


def test_on_a_first_sync_a_plan_keeps_the_dates_on_which_a_change_rests(world: World) -> None:
    world.member("ida@example.org")
    world.contact("ida@example.org", {NEWS: {"status": "Removed", "date": days_ago(1)}})
    world.member("new@example.org")
    background, changes = planned(world)

    assert background["by_date"] == 1
    [dates] = changes["ida@example.org"]["dates"]
    assert (dates["group"], dates["mailchimp"] < dates["civicrm"]) == (NEWS, True)
    assert changes["new@example.org"]["dates"] is None
    assert changes["new@example.org"]["kinds"] == ",create,join,"


def test_a_pause_ends_a_burst_and_a_few_people_are_none() -> None:
    found = bursts([moment(0, 4), moment(50, 4), moment(200, 3), moment(400, 5, "Admin"), moment(401, 1, "Email")])

    assert [(one.people, one.methods) for one in found] == [(8, {"Admin"}), (6, {"Admin", "Email"})]
    assert found[0].end - found[0].begin == timedelta(seconds=50)
    assert bursts([]) == []
