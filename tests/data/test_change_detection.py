"""What was confirmed is not sent again; what fails, is refused or interrupted, comes right."""

from __future__ import annotations

import pytest

from mailchimpsync.model import MappedField, Stage
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.stages import check_data
from support.data import DataWorld
from support.transport import no_interference
from support.webhook_delivery import WebhookDelivery
from support.world import NEWS

ANN, BOB = "ann@example.org", "bob@example.org"
JOBS = (MappedField("LNAME", "job_title"),)


@pytest.fixture
def crowd(world: DataWorld) -> DataWorld:
    """Thirty people with a job each, all synced."""
    for number in range(30):
        world.edit(world.person(f"P{number}"), job_title="Baker")
    world.switch_on(fields=JOBS)
    world.sync_data()
    assert len(world.operations()) == 30
    return world


def test_three_changes_are_three_updates(crowd: DataWorld) -> None:
    for name in ("p3", "p7", "p21"):
        crowd.edit(crowd.row_contact(f"{name}@example.org"), job_title="Cook")

    crowd.sync_data(everything=True)

    assert len(crowd.operations()) == 33
    assert crowd.fields("p7@example.org")["LNAME"] == "Cook"


def test_no_change_asks_mailchimp_no_more_than_a_run_without_data(crowd: DataWorld) -> None:
    crowd.forget_requests()
    crowd.sync(everything=True)
    without = [one for one in crowd.requests() if "/3.0/" in one]
    crowd.forget_requests()

    crowd.sync_data(everything=True)

    assert [one for one in crowd.requests() if "/3.0/" in one] == without


def test_a_run_out_of_time_goes_on_where_it_was(crowd: DataWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_data, "ROWS_PER_STEP", 4)
    crowd.edit(crowd.row_contact("p1@example.org"), job_title="Cook")
    crowd.edit(crowd.row_contact("p29@example.org"), job_title="Cook")
    crowd.slow_civicrm(seconds=3)

    calls = 1
    while crowd.sync_data(seconds=8).outcome is Outcome.OUT_OF_TIME:
        calls += 1

    assert calls > 2
    assert crowd.fields("p29@example.org")["LNAME"] == "Cook"
    assert crowd.findings()["people"] == 30
    assert len(crowd.operations()) == 32


def test_a_refused_value_leaves_the_person_subscribed_and_is_not_tried_again_until_it_changes(
    world: DataWorld,
) -> None:
    ann = world.person("Ann")
    world.edit(ann, job_title="Baker")
    world.merge_field("SITE", "dropdown", options={"choices": ["Baker", "Cook"]})
    world.switch_on(fields=(MappedField("SITE", "job_title"),))
    world.refuse_field("SITE")

    world.sync_data()
    assert world.sync_result(email=ANN)[0] == "ok"
    sent = len(world.operations())
    world.sync_data(everything=True)
    assert len(world.operations()) == sent
    assert [one[1] for one in world.problems()] == ["SITE"]

    world.edit(ann, job_title="Cook")
    world.sync_data()
    assert len(world.operations()) == sent + 1


def test_someone_new_with_a_value_that_is_refused_is_subscribed_all_the_same(world: DataWorld) -> None:
    bob = world.contact(BOB, {NEWS: 2}, first_name="Bob")
    world.edit(bob, job_title="Baker")
    world.merge_field("SITE", "dropdown", options={"choices": ["Baker", "Cook"]})
    world.tag("Steward", bob)
    world.switch_on(fields=(MappedField("SITE", "job_title"),), tags=True)
    world.refuse_field("SITE")

    world.sync_data()

    assert world.status(BOB) == "subscribed"
    assert world.tags(BOB) == {"CiviCRM: Steward"}
    assert world.sync_result(email=BOB)[0] == "ok"
    world.sync_data()
    assert [one[1] for one in world.problems()] == ["SITE"]


def test_a_webhook_brings_the_data_of_its_member_along(crowd: DataWorld) -> None:
    crowd.sync()
    office = WebhookDelivery(crowd)
    office.take()
    crowd.edit(crowd.row_contact("p3@example.org"), job_title="Cook")
    crowd.act("p3@example.org", "names", merge_fields={"FNAME": "Pete"})

    office.deliver_and_process()
    crowd.sync()

    assert crowd.fields("p3@example.org")["LNAME"] == "Cook"
    assert len(crowd.operations()) == 31


def test_a_person_who_left_while_the_data_was_on_its_way_has_left(crowd: DataWorld) -> None:
    contact = crowd.row_contact("p3@example.org")
    crowd.edit(contact, job_title="Cook")
    crowd.sync_data(stop_on=Stage.SUBMIT)
    crowd.act("p3@example.org", "unsubscribe")

    crowd.sync()
    crowd.sync()

    assert crowd.status("p3@example.org") == "unsubscribed"
    assert crowd.in_group(contact) == "Removed"


def test_a_plan_shows_data_from_what_to_what_and_changes_nothing(crowd: DataWorld) -> None:
    crowd.edit(crowd.row_contact("p3@example.org"), job_title="Cook")
    crowd.tag("Steward", crowd.row_contact("p3@example.org"))
    crowd.switch_on(fields=JOBS, tags=True)

    sentences, counts = crowd.plan_sentences()

    assert sentences == [
        "Mailchimp, merge field LNAME: Baker → Cook",
        "Mailchimp, tag “CiviCRM: Steward”: no → yes",
    ]
    assert counts == {"data": 1}
    assert crowd.fields("p3@example.org")["LNAME"] == "Baker"


def test_the_mailing_list_is_not_touched_by_data(crowd: DataWorld) -> None:
    before = {email: one["status"] for email, one in crowd.members().items()}
    crowd.tag("Steward", *(crowd.row_contact(email) for email in before))
    crowd.switch_on(tags=True)

    crowd.sync_data()

    assert {email: one["status"] for email, one in crowd.members().items()} == before
    assert {one["sync_status"] for one in crowd.rows()} == {"ok"}


def test_an_unfit_value_holds_back_no_other_however_often_that_changes(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.create("Address", contact_id=ann, street_address="1 Road", city="Berlin", is_primary=True)
    world.merge_field("JOB")
    world.switch_on(names=True, fields=(MappedField("JOB", "job_title"), MappedField("ADDRESS", "address")))
    for job in ("Baker", "Cook", "Smith"):
        world.edit(ann, job_title=job)
        world.sync_data()
        assert world.fields(ANN)["JOB"] == job
        assert [one[1] for one in world.problems()] == ["ADDRESS"]
    sent = len(world.operations())
    world.sync_data(everything=True)
    assert len(world.operations()) == sent


def test_a_value_that_mailchimp_refuses_holds_back_no_other(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.merge_field("JOB")
    world.merge_field("SITE", "dropdown", options={"choices": ["Baker", "Cook"]})
    world.switch_on(fields=(MappedField("JOB", "nick_name"), MappedField("SITE", "job_title")))
    world.refuse_field("SITE")
    world.edit(ann, job_title="Baker", nick_name="First")
    world.sync_data()
    world.sync_data()
    assert world.fields(ANN)["JOB"] == "First"
    assert [one[1] for one in world.problems()] == ["SITE"]
    sent = len(world.operations())

    world.edit(ann, nick_name="Second")
    world.sync_data()
    world.sync_data()

    assert world.fields(ANN)["JOB"] == "Second"
    assert "SITE" not in world.fields(ANN)
    assert len(world.operations()) == sent + 1
    world.edit(ann, job_title="Cook")
    world.to_mailchimp.before = world.to_mailchimp.after = no_interference
    world.sync_data()
    assert world.fields(ANN)["SITE"] == "Cook"


@pytest.mark.parametrize("mark", ["is_opt_out", "is_deceased", "do_not_email"])
def test_someone_who_may_not_be_mailed_is_not_counted_as_having_changes(world: DataWorld, mark: str) -> None:
    for name in ("Ann", "Bob"):
        world.edit(world.person(name), job_title="Baker")
    world.switch_on(fields=JOBS)
    world.sync_data()
    ann = world.row_contact(ANN)
    world.edit(ann, job_title="Cook", **{mark: True})
    world.pass_time(3_600)
    world.sync_data()
    world.put(ann, "Added")  # the group is read again for two hours

    world.pass_time(3_600)
    world.sync_data()

    assert world.status(ANN) != "subscribed"
    assert (world.findings()["people"], world.findings()["changed"]) == (1, 0)


def test_someone_who_may_be_mailed_again_comes_back_with_their_data(world: DataWorld) -> None:
    world.edit(world.person("Ann"), job_title="Baker")
    world.switch_on(fields=JOBS)
    world.sync_data()
    ann = world.row_contact(ANN)
    world.edit(ann, is_opt_out=True)
    world.pass_time(3_600)
    world.sync_data()
    assert world.status(ANN) == "unsubscribed"
    world.edit(ann, is_opt_out=False, job_title="Cook")
    world.pass_time(3_600)

    world.sync_data()

    assert (world.status(ANN), world.fields(ANN)["LNAME"]) == ("subscribed", "Cook")
