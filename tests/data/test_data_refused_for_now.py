"""Data alone that Mailchimp refuses for a cause that may pass: due, listed and tried again as any other change."""

from __future__ import annotations

from datetime import datetime

import pytest

from mailchimpsync.store.queries.due import Due, count_due
from mailchimpsync.sync import Outcome
from support.data import DataWorld
from support.world import LIST

ANN = "ann@example.org"


@pytest.fixture
def tagged(world: DataWorld) -> DataWorld:
    """Ann is on both sides, and has become a steward since."""
    world.ann = world.person("Ann")
    world.switch_on(tags=True)
    world.sync_data()
    world.tag("Steward", world.ann)
    return world


def refuse(world: DataWorld, status: int = 500, **which: object) -> None:
    world.mailchimp.set_options(refused_operations=[{"status": status, **which}])


def due(world: DataWorld) -> Due:
    with world.store.begin() as tx:
        return count_due(tx, LIST)


@pytest.mark.batches
def test_a_tag_that_is_refused_for_now_is_due_with_its_cause_and_sent_by_the_next_sync(tagged: DataWorld) -> None:
    refuse(tagged, times=1)
    result = tagged.sync_data()

    assert (result.outcome, dict(due(tagged).by_cause)) == (Outcome.INCOMPLETE, {"MC_UNAVAILABLE": 1})
    tagged.pass_time(60)
    result = tagged.sync()
    assert (result.outcome, due(tagged).number) == (Outcome.DONE, 0)
    assert tagged.tags(ANN) == {"CiviCRM: Steward"}


@pytest.mark.batches
def test_a_tag_that_is_refused_three_times_is_listed_and_waits_before_it_is_sent_again(tagged: DataWorld) -> None:
    refuse(tagged)
    for _ in range(3):
        tagged.sync_data()
        tagged.pass_time(60)
    assert tagged.sync_result(contact=tagged.ann) == ("fail", "MC_UNAVAILABLE")
    assert due(tagged).put_off == 1

    sent = len(tagged.operations())
    result = tagged.sync_data()
    assert (result.outcome, len(tagged.operations())) == (Outcome.INCOMPLETE, sent)
    assert tagged.sync_result(contact=tagged.ann) == ("fail", "MC_UNAVAILABLE")
    again = datetime.fromisoformat(tagged.row(contact=tagged.ann)["refusal"]["again"])
    tagged.pass_time((again - tagged.now).total_seconds() + 1)
    refuse(tagged, times=0)
    tagged.sync()
    assert tagged.tags(ANN) == {"CiviCRM: Steward"}
    assert tagged.sync_result(contact=tagged.ann)[0] == "ok"


@pytest.mark.batches
def test_a_person_whose_tag_waits_is_unsubscribed_at_once(tagged: DataWorld) -> None:
    refuse(tagged, times=3)
    for _ in range(3):
        tagged.sync_data()
        tagged.pass_time(60)

    tagged.put(tagged.ann, "Removed")
    tagged.sync()

    assert tagged.status(ANN) == "unsubscribed"


@pytest.mark.batches
def test_people_refused_again_and_again_are_told_while_their_change_is_on_its_way_once_more(tagged: DataWorld) -> None:
    refuse(tagged)
    for _ in range(3):
        tagged.sync_data()
        tagged.pass_time(60)
    before = due(tagged)
    tagged.pass_time(3_600)
    tagged.mailchimp.set_options(batch_dwell={"pending": 86_400, "preprocessing": 0, "started": 0, "finalizing": 0})
    tagged.sync(seconds=60)

    assert tagged.sync_result(contact=tagged.ann)[0] == "live"
    assert due(tagged).refused == before.refused == {"MC_UNAVAILABLE": 1}
