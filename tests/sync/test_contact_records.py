"""What Mailchimp says is kept on contacts: only differences are written, and what is written starts no run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailchimpsync.civicrm import install_records
from mailchimpsync.errors import Right
from mailchimpsync.store.cache.contact_records import forget_records
from mailchimpsync.sync import Outcome
from support.rights import rights
from support.world import NEWS, World

ENTITY = "Custom_What_Mailchimp_says"
MINUTE = 60
ANN, BEN = "ann@example.org", "ben@example.org"


@pytest.fixture
def people(world: World) -> dict[str, int]:
    """Ann and Ben, in sync on both sides, whose records were written a minute ago."""
    world.grant(rights(*Right))
    install_records(world.systems.civicrm)
    world.grant(rights(Right.TRASH, Right.CUSTOM_DATA))
    world.connection = replace(world.connection, audience_name="News", contact_records=True)
    found = {address: world.contact(address, {NEWS: 20}) for address in (ANN, BEN)}
    for address in found:
        world.member(address)
    assert look(world) is Outcome.DONE
    world.pass_time(MINUTE)
    world.forget_requests()
    return found


def look(world: World) -> Outcome:
    return world.sync(only_if_changed=True).outcome


def records(world: World) -> dict[int, str]:
    found: list[dict[str, Any]] = world.civicrm.call(ENTITY, "get", {})["values"]
    assert len({row["entity_id"] for row in found}) == len(found)
    return {row["entity_id"]: row["status"] for row in found}


def modified(world: World) -> dict[int, str]:
    return {row["id"]: row["modified_date"] for row in world.civicrm.dump("Contact")}


def test_what_is_written_is_no_change_by_staff_so_the_next_look_is_quiet(world: World, people: dict[str, int]) -> None:
    assert records(world) == dict.fromkeys(people.values(), "subscribed")
    before = modified(world)

    assert look(world) is Outcome.UNCHANGED

    assert len(world.requests()) == 2
    assert not world.writes()
    assert modified(world) == before


def test_only_a_record_that_differs_is_written(world: World, people: dict[str, int]) -> None:
    world.act(ANN, "unsubscribe")
    look(world)

    assert records(world) == {people[ANN]: "unsubscribed", people[BEN]: "subscribed"}
    assert len([one for one in world.writes() if ENTITY in one]) == 1


def test_what_was_written_before_a_kill_but_not_noted_is_written_again_and_is_there_once(
    world: World, people: dict[str, int]
) -> None:
    with world.store.begin() as tx:
        forget_records(tx)

    assert look(world) is Outcome.UNCHANGED

    assert records(world) == dict.fromkeys(people.values(), "subscribed")
    world.forget_requests()
    assert look(world) is Outcome.UNCHANGED
    assert len(world.requests()) == 2


def test_a_contact_of_whom_nothing_is_known_any_more_loses_the_record(world: World, people: dict[str, int]) -> None:
    world.delete_for_good(people[ANN])
    world.act(ANN, "delete", as_="admin")
    world.sync(everything=True)

    assert records(world) == {people[BEN]: "subscribed"}


def test_a_lost_permission_stops_the_records_alone(world: World, people: dict[str, int]) -> None:
    world.grant(rights(Right.TRASH))
    world.act(ANN, "unsubscribe")

    result = world.sync(only_if_changed=True)

    assert result.outcome is Outcome.DONE
    assert world.in_group(people[ANN]) == "Removed"
    assert [note.endswith("[CV_RIGHT_MISSING].") for note in result.notes] == [True]


def test_if_every_record_is_refused_none_counts_as_written(world: World, people: dict[str, int]) -> None:
    crowd = [f"p{number}@example.org" for number in range(12)]
    for address in crowd:
        world.contact(address, {NEWS: 20})
        world.member(address)
    world.civicrm.fail_database(f"{ENTITY} save", times=1_000)

    refused = world.sync(everything=True)

    assert (refused.outcome, len(refused.notes)) == (Outcome.DONE, 1)
    assert len(world.sync().notes) == 1  # they are tried again
    assert len(records(world)) == len(people)


def test_a_record_that_is_refused_does_not_stop_the_others(world: World, people: dict[str, int]) -> None:
    world.act(ANN, "unsubscribe")
    world.act(BEN, "unsubscribe")
    world.civicrm.fail_database(f"{ENTITY} save", times=6)  # the tries of both together, and of the first alone

    assert world.sync(only_if_changed=True).notes == ()

    assert sorted(records(world).values()) == ["subscribed", "unsubscribed"]
