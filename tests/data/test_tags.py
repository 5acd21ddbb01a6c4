"""Tags: contacts' tags at Mailchimp, and nobody else's."""

from __future__ import annotations

import pytest

from mailchimpsync.sync import Outcome
from support.data import DataWorld
from support.world import LIST

ANN, BOB, CLEO = "ann@example.org", "bob@example.org", "cleo@example.org"


@pytest.fixture
def tagged(world: DataWorld) -> DataWorld:
    """Ann is a steward; Bob is nothing."""
    world.ann, world.bob = world.person("Ann"), world.person("Bob")
    world.steward = world.tag("Steward", world.ann)
    world.switch_on(tags=True)
    world.sync_data()
    return world


def test_a_tag_of_ann_s_is_a_tag_at_mailchimp_and_bob_has_none(tagged: DataWorld) -> None:
    assert tagged.tags(ANN) == {"CiviCRM: Steward"}
    assert tagged.tags(BOB) == set()
    assert len(tagged.operations()) == 1


def test_what_is_unchanged_is_not_sent_again_also_by_a_full_run(tagged: DataWorld) -> None:
    tagged.forget_requests()

    tagged.sync_data(everything=True)

    assert len(tagged.operations()) == 1
    assert not [one for one in tagged.requests() if "merge-fields" in one or "tag-search" in one]


def test_a_tag_that_is_taken_away_goes_at_mailchimp_too(tagged: DataWorld) -> None:
    tagged.take(tagged.steward, tagged.ann)
    tagged.give(tagged.steward, tagged.bob)

    tagged.sync_data()

    assert (tagged.tags(ANN), tagged.tags(BOB)) == (set(), {"CiviCRM: Steward"})


def test_a_run_without_data_leaves_tags_alone(tagged: DataWorld) -> None:
    tagged.give(tagged.steward, tagged.bob)

    tagged.sync()

    assert tagged.tags(BOB) == set()


def test_tags_set_at_mailchimp_stay(tagged: DataWorld) -> None:
    tagged.mailchimp_call("POST", f"/lists/{LIST}/members/{tagged.hash_of(ANN)}/tags", one("VIP", "active"))
    tagged.take(tagged.steward, tagged.ann)

    tagged.sync_data()

    assert tagged.tags(ANN) == {"VIP"}


def test_a_renamed_tag_goes_under_its_old_name_and_comes_under_the_new_one(tagged: DataWorld) -> None:
    tagged.rename_tag(tagged.steward, "Warden")

    tagged.sync_data()

    assert tagged.tags(ANN) == {"CiviCRM: Warden"}


def test_a_name_in_other_case_is_the_same_tag(tagged: DataWorld) -> None:
    tagged.rename_tag(tagged.steward, "STEWARD")

    tagged.sync_data()

    assert len(tagged.operations()) == 1


def test_a_deleted_tag_goes_as_long_as_there_are_others(tagged: DataWorld) -> None:
    tagged.tag("Walker", tagged.bob)
    tagged.civicrm.call("Tag", "delete", {"where": [["id", "=", tagged.steward]]})

    tagged.sync_data()

    assert (tagged.tags(ANN), tagged.tags(BOB)) == (set(), {"CiviCRM: Walker"})


def test_a_civicrm_that_shows_no_tags_at_all_takes_none_away(tagged: DataWorld) -> None:
    tagged.civicrm.call("Tag", "delete", {"where": [["id", ">", 0]]})

    assert tagged.sync_data().outcome is Outcome.DONE

    assert tagged.tags(ANN) == {"CiviCRM: Steward"}
    assert "Plugin tags was set aside: CiviCRM shows no tags" in tagged.log()


def test_tags_for_activities_are_not_sent(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.tag("Steward", ann)
    world.tag("Urgent", ann, used_for="Activity")
    world.switch_on(tags=True)

    world.sync_data()

    assert world.tags(ANN) == {"CiviCRM: Steward"}


def test_only_the_named_tags_are_sent(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.tag("Steward", ann)
    world.tag("Secret", ann)
    world.switch_on(tags=True, only_tags=("Steward",))

    world.sync_data()

    assert world.tags(ANN) == {"CiviCRM: Steward"}


def test_tags_with_the_prefix_from_before_are_put_right_when_a_member_is_first_looked_at(world: DataWorld) -> None:
    world.person("Ann")
    bob = world.person("Bob")
    world.tag("Steward", bob)
    for address in (ANN, BOB):
        path = f"/lists/{LIST}/members/{world.hash_of(address)}/tags"
        world.mailchimp_call("POST", path, one("civicrm: steward", "active"))
    world.switch_on(tags=True)

    world.sync_data()

    assert world.tags(ANN) == set()
    assert {tag.casefold() for tag in world.tags(BOB)} == {"civicrm: steward"}


def test_a_person_who_leaves_gets_no_tags(tagged: DataWorld) -> None:
    tagged.give(tagged.steward, tagged.bob)
    tagged.put(tagged.bob, "Removed")

    tagged.sync_data()

    assert tagged.status(BOB) == "unsubscribed"
    assert tagged.tags(BOB) == set()


def test_someone_new_in_the_group_gets_tags_after_the_subscription(tagged: DataWorld) -> None:
    cleo = tagged.contact(CLEO, first_name="Cleo")
    tagged.give(tagged.steward, cleo)
    tagged.put(cleo, "Added")

    tagged.sync_data()

    assert tagged.status(CLEO) == "subscribed"
    assert tagged.tags(CLEO) == {"CiviCRM: Steward"}


def test_tags_start_no_automations_unless_that_is_wanted(tagged: DataWorld) -> None:
    tagged.tag("Walker", tagged.ann)
    tagged.sync_data()
    assert [one["data"]["is_syncing"] for one in tagged.operations()] == [True, True]

    tagged.switch_on(tags=True, tags_start_automations=True)
    tagged.tag("Rider", tagged.ann, tagged.bob)
    tagged.sync_data()

    by_row = [one["data"]["is_syncing"] for one in tagged.operations()[2:]]
    assert by_row == [False, False]


def test_the_journal_tells_of_each_tag(tagged: DataWorld) -> None:
    tagged.take(tagged.steward, tagged.ann)
    tagged.sync_data()

    told = [(e["field"], e["old"], e["new"], e["reason"]) for e in tagged.journal() if e["field"].startswith("tag ")]
    assert told == [
        ("tag CiviCRM: Steward", "no", "yes", "DATA_CHANGED"),
        ("tag CiviCRM: Steward", "yes", "no", "DATA_CHANGED"),
    ]


def one(name: str, status: str) -> dict[str, object]:
    return {"tags": [{"name": name, "status": status}]}
