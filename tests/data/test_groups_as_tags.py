"""Groups as tags, smart groups too; an empty or failing group is no removal."""

from __future__ import annotations

import pytest

from support.data import DataWorld
from support.world import WALKS

ANN, BOB = "ann@example.org", "bob@example.org"


@pytest.fixture
def grouped(world: DataWorld) -> DataWorld:
    """Ann is in the group Walks; the smart group of the Rubbles has Bob."""
    world.ann = world.person("Ann", last_name="Fry")
    world.bob = world.person("Bob", last_name="Rubble")
    world.put(world.ann, "Added", WALKS)
    world.smart = world.smart_group("Rubbles", last_name="Rubble")
    world.switch_on(group_tags=(WALKS, world.smart))
    world.sync_data()
    return world


def test_members_of_a_group_and_of_a_smart_group_have_its_tag(grouped: DataWorld) -> None:
    assert grouped.tags(ANN) == {"CiviCRM: Walks"}
    assert grouped.tags(BOB) == {"CiviCRM: Rubbles"}


def test_a_person_who_no_longer_fits_a_smart_group_loses_the_tag_and_who_does_gets_it(grouped: DataWorld) -> None:
    grouped.edit(grouped.bob, last_name="Slate")
    grouped.edit(grouped.ann, last_name="Rubble")

    grouped.sync_data()

    assert grouped.tags(ANN) == {"CiviCRM: Walks", "CiviCRM: Rubbles"}
    assert grouped.tags(BOB) == set()


def test_an_empty_smart_group_takes_the_tag_from_nobody_and_is_told(grouped: DataWorld) -> None:
    grouped.edit(grouped.bob, last_name="Slate")

    grouped.sync_data()

    assert grouped.tags(BOB) == {"CiviCRM: Rubbles"}
    assert f"group {grouped.smart} is empty in CiviCRM, so its tag is left as it is" in grouped.log()


def test_once_it_has_members_again_who_is_not_among_them_loses_the_tag(grouped: DataWorld) -> None:
    grouped.edit(grouped.bob, last_name="Slate")
    grouped.sync_data()
    grouped.edit(grouped.ann, last_name="Rubble")

    grouped.sync_data()

    assert grouped.tags(BOB) == set()
    assert "CiviCRM: Rubbles" in grouped.tags(ANN)


def test_an_inactive_group_is_left_alone(grouped: DataWorld) -> None:
    where = [["id", "=", grouped.smart]]
    grouped.civicrm.call("Group", "update", {"where": where, "values": {"is_active": False}})

    grouped.sync_data()

    assert grouped.tags(BOB) == {"CiviCRM: Rubbles"}


def test_a_smart_group_is_calculated_again_before_it_is_believed(grouped: DataWorld) -> None:
    grouped.civicrm.cache_smart_groups(minutes=60)
    grouped.sync_data()
    grouped.edit(grouped.ann, last_name="Rubble")

    grouped.sync_data()

    assert "CiviCRM: Rubbles" in grouped.tags(ANN)


def test_a_group_that_is_gone_sets_the_plugin_aside(grouped: DataWorld) -> None:
    grouped.civicrm.call("Group", "delete", {"where": [["id", "=", grouped.smart]]})

    grouped.sync_data()

    assert (grouped.tags(ANN), grouped.tags(BOB)) == ({"CiviCRM: Walks"}, {"CiviCRM: Rubbles"})
    assert f"group {grouped.smart} does not exist in CiviCRM" in grouped.log()
