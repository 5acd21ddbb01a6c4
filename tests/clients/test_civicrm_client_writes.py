"""Bulk writes to the stand-in: a bad record fails alone, and no contact is created twice."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mailchimpsync.civicrm import (
    CivicrmClient,
    ContactEmail,
    Name,
    NewContact,
    add_bulk_addresses,
    add_targets,
    create_contacts,
    hold_addresses,
    save_group_contacts,
    set_names,
)
from mailchimpsync.errors import Code, RefusedError, TransientError
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from mailchimpsync_sandbox.kit.server import Served
from support.inline_executor import InlineExecutor

if TYPE_CHECKING:
    from clients.conftest import FakeClock

Civicrm = tuple[CivicrmSandbox, CivicrmClient]

LOST = (FaultKind.DROP_AFTER, FaultKind.TRUNCATE)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailchimpsync.civicrm.writes.GROUP_CONTACTS_MAX", 4)
    monkeypatch.setattr("mailchimpsync.civicrm.writes.CONTACTS_MAX", 4)


def statuses(sandbox: CivicrmSandbox) -> dict[int, str]:
    return {row["contact_id"]: row["status"] for row in sandbox.dump("GroupContact")}


def addresses(sandbox: CivicrmSandbox) -> list[str]:
    return sorted(row["email"] for row in sandbox.dump("Email") if row["email"].endswith("@bedrock.org"))


def newcomers(number: int) -> list[NewContact]:
    return [NewContact(f"new{place:03}@bedrock.org", "New", f"Comer {place}") for place in range(number)]


@pytest.mark.usefixtures("small_chunks")
def test_everyone_gets_the_status_and_the_history_tells_who_did_it(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    people = sandbox.load_contacts([{} for _ in range(10)])
    records = [(person, 8, "Added" if place % 2 else "Removed") for place, person in enumerate(people)]
    assert save_group_contacts(client, records, "a1b2c3d4e5").refused == {}
    assert statuses(sandbox) == {person: status for person, _, status in records}
    entries = sandbox.dump("SubscriptionHistory")
    assert {(entry["method"], entry["tracking"]) for entry in entries} == {("MCsync", "audience a1b2c3d4e5")}
    assert len(entries) == 10


@pytest.mark.usefixtures("small_chunks")
def test_records_that_are_refused_stand_alone(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    people = sandbox.load_contacts([{} for _ in range(9)])
    records = [(person, 8, "Added") for person in people]
    bad = [(99_998, 8, "Added"), (99_999, 8, "Added")]
    refused = save_group_contacts(client, [*records[:3], bad[0], *records[3:], bad[1]], "a1b2c3d4e5").refused
    assert refused.keys() == set(bad)
    assert {error.code for error in refused.values()} == {Code.CV_API}
    assert statuses(sandbox) == dict.fromkeys(people, "Added")


@pytest.mark.parametrize("kind", [*LOST, FaultKind.DROP_BEFORE, FaultKind.HTML])
def test_saving_is_repeated_after_a_lost_answer(kind: FaultKind, civicrm: Civicrm, clock: FakeClock) -> None:
    sandbox, client = civicrm
    [wilma] = sandbox.load_contacts([{}])
    sandbox.faults.plant(Fault(kind, "GroupContact/save"))
    assert save_group_contacts(client, [(wilma, 8, "Added")], "a1b2c3d4e5").refused == {}
    assert statuses(sandbox) == {wilma: "Added"}
    assert len(clock.slept) == 1


@pytest.mark.usefixtures("small_chunks")
def test_newcomers_are_made_in_order_with_their_source(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    made = create_contacts(client, newcomers(10))
    contacts = {row["id"]: row for row in sandbox.dump("Contact")}
    assert [contacts[one]["last_name"] for one in made if isinstance(one, int)] == [f"Comer {n}" for n in range(10)]
    assert {contacts[one]["source"] for one in made if isinstance(one, int)} == {"mailchimpsync"}
    assert {contacts[one]["contact_type"] for one in made if isinstance(one, int)} == {"Individual"}
    assert addresses(sandbox) == [one.address for one in newcomers(10)]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("kind", [*LOST, FaultKind.DROP_BEFORE, FaultKind.HTML])
@pytest.mark.parametrize("times", [1, 3])
def test_nobody_is_made_twice_when_answers_are_lost(
    kind: FaultKind, times: int, civicrm: Civicrm, clock: FakeClock
) -> None:
    sandbox, client = civicrm
    sandbox.faults.plant(Fault(kind, "Contact/save", times=times))
    made = create_contacts(client, newcomers(10))
    assert addresses(sandbox) == [one.address for one in newcomers(10)]
    assert len({one for one in made if isinstance(one, int)}) == 10
    assert all(wait >= 5 for wait in clock.slept)


def test_one_address_gets_one_contact(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    twice = [NewContact("wilma@bedrock.org", "Wilma", "F"), NewContact("Wilma@Bedrock.org ", "Wil", "G")]
    first, second = create_contacts(client, twice)
    assert first == second
    assert [row["first_name"] for row in sandbox.dump("Contact") if row["id"] == first] == ["Wilma"]
    assert addresses(sandbox) == ["wilma@bedrock.org"]


@pytest.mark.usefixtures("small_chunks")
def test_a_newcomer_who_is_refused_does_not_stop_the_others(civicrm: Civicrm, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox, client = civicrm
    really = client.call

    def call(entity: str, action: str, params: dict[str, object], **more: bool) -> list[dict[str, object]]:
        """Save the records before the bad one, then fail, as CiviCRM does."""
        records = params.get("records")
        assert isinstance(records, list)
        bad = [place for place, record in enumerate(records) if record["first_name"] == "Bad"]
        if not bad:
            return really(entity, action, params, **more)
        if bad[0]:
            really(entity, action, params | {"records": records[: bad[0]]})
        raise RefusedError(Code.CV_API, "CiviCRM answered Contact.save with an error", status=500)

    monkeypatch.setattr(client, "call", call)
    people = newcomers(11)
    people[2] = people[2]._replace(first_name="Bad")
    people[9] = people[9]._replace(first_name="Bad")
    made = create_contacts(client, people)
    assert [place for place, one in enumerate(made) if isinstance(one, RefusedError)] == [2, 9]
    assert addresses(sandbox) == [one.address for place, one in enumerate(people) if place not in {2, 9}]
    by_id = {row["id"]: row["last_name"] for row in sandbox.dump("Contact")}
    assert [by_id[one] for one in made if isinstance(one, int)] == [f"Comer {n}" for n in range(11) if n not in {2, 9}]


def test_when_answers_keep_being_lost_it_is_told_and_nobody_is_made_twice(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    sandbox.faults.plant(Fault(FaultKind.HTML, "Contact/save", times=99))
    with pytest.raises(TransientError) as caught:
        create_contacts(client, newcomers(2))
    assert caught.value.work_may_be_done
    assert addresses(sandbox) == []


def test_without_time_to_look_again_it_is_told_at_once(civicrm: Civicrm, clock: FakeClock) -> None:
    sandbox, client = civicrm
    client.deadline = Deadline(clock.runtime, clock.time + timedelta(seconds=4))
    sandbox.faults.plant(Fault(FaultKind.DROP_AFTER, "Contact/save"))
    with pytest.raises(TransientError):
        create_contacts(client, newcomers(2))
    assert clock.slept == []
    assert addresses(sandbox) == [one.address for one in newcomers(2)]


@pytest.mark.usefixtures("small_chunks")
def test_everything_works_in_one_thread_too(civicrm: Civicrm, clock: FakeClock) -> None:
    sandbox, _ = civicrm
    runtime = Runtime(
        now=lambda: clock.time, sleep=clock.sleep, chance=random.Random(7), executor=lambda _: InlineExecutor()
    )
    with Served(sandbox) as served, CivicrmClient(served.url, "s3cret", runtime) as client:
        made = [one for one in create_contacts(client, newcomers(9)) if isinstance(one, int)]
        assert save_group_contacts(client, [(one, 8, "Added") for one in made], "a1b2c3d4e5").refused == {}
    assert statuses(sandbox) == dict.fromkeys(made, "Added")


def reads_of(sandbox: CivicrmSandbox) -> list[str]:
    requests = sandbox.log.as_dict()["requests"]
    assert isinstance(requests, list)
    return [one["path"].split("api4/")[1] for one in requests if one["path"].endswith("/get")]


def test_an_address_on_hold_another_address_and_a_name_are_written_again_when_civicrm_loses_them(
    civicrm: Civicrm,
) -> None:
    sandbox, client = civicrm
    ann, bob = sandbox.load_contacts([{"emails": ["ann@bedrock.org"]}, {"emails": ["bob@bedrock.org"]}])
    for write in ("Email update", "Email save", "Contact save"):
        sandbox.lose_writes(f"^{write}$", 1)

    held = hold_addresses(client, [ContactEmail(ann, "ann@bedrock.org"), ContactEmail(bob, "bob@bedrock.org")])
    added = add_bulk_addresses(client, [ContactEmail(ann, "ann2@bedrock.org")])
    refused = set_names(client, [Name(ann, "Anna", ""), Name(bob, "Bobby", "Z")])

    assert (set(held.values()), set(added.values()), refused) == ({True}, {True}, {})
    emails = {row["email"]: row["on_hold"] for row in sandbox.dump("Email") if row["contact_id"] in (ann, bob)}
    assert emails == {"ann@bedrock.org": 1, "bob@bedrock.org": 1, "ann2@bedrock.org": 0}
    assert [row["first_name"] for row in sandbox.dump("Contact") if row["id"] in (ann, bob)] == ["Anna", "Bobby"]


def test_a_target_that_civicrm_loses_each_time_is_said_to_be_refused(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    people = sandbox.load_contacts([{} for _ in range(3)])
    values = {"activity_type_id": 1, "subject": "Spring", "source_contact_id": people[0]}
    activity = sandbox.call("Activity", "create", {"values": values})["values"][0]["id"]
    sandbox.lose_writes("^ActivityContact save$", 1, times=99)

    refused = add_targets(client, activity, 3, people)

    assert {contact: error.code for contact, error in refused.items()} == {people[0]: Code.CV_NOT_KEPT}
    there = [row["contact_id"] for row in sandbox.dump("ActivityContact") if row["record_type_id"] == 3]
    assert there == people[1:]


def test_thousands_are_read_back_in_few_requests(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    _ = client.pattern
    sandbox.log.clear()
    made = [one for one in create_contacts(client, newcomers(617)) if isinstance(one, int)]
    assert (len(made), reads_of(sandbox)) == (617, ["Email/get"])
    sandbox.log.clear()

    saved = save_group_contacts(client, [(one, group, "Added") for one in made for group in (8, 9)], "a1b2c3d4e5")

    assert saved.refused == {}
    assert [one.split("/")[0] for one in reads_of(sandbox)] == ["SubscriptionHistory"]
    sandbox.log.clear()

    again = save_group_contacts(client, [(made[0], 8, "Removed")], "a1b2c3d4e5", known_to=saved.newest)

    assert again == ({}, saved.newest + 1)
    assert sandbox.log.as_dict()["total"] == 2, "one writes, one reads back"
