"""One record of CiviCRM that can't be read fails alone and is named; nobody is removed, doubled or mailed for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from mailchimpsync.errors import TransientError
from mailchimpsync.store.runs import runs
from support.world import LIST, NEWS, World

Spoil = Callable[[dict[str, Any]], dict[str, Any]]

ANN, BOB, CARL = "ann@example.org", "bob@example.org", "carl@example.org"
RECORDS = ["Contact", "Email", "GroupContact", "SubscriptionHistory"]


class Spoiled(httpx2.BaseTransport):
    """Spoils the records of one contact in what CiviCRM answers."""

    def __init__(self, inner: httpx2.BaseTransport, entity: str, contact: int, spoil: Spoil) -> None:
        self._inner, self._entity, self._contact, self._spoil = inner, entity, contact, spoil

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        body = json.loads(response.read())
        calls = parse_qs(request.read().decode()).get("calls")
        if calls:
            for name, (entity, _, _) in json.loads(calls[0]).items():
                self._change(body[name], entity)
        else:
            self._change(body, request.url.path.split("/")[-2])
        return httpx2.Response(response.status_code, json=body)

    def _change(self, answer: dict[str, Any], entity: str) -> None:
        if entity == self._entity and "values" in answer:
            owner = "id" if entity == "Contact" else "contact_id"
            mine = [row for row in answer["values"] if row and row.get(owner) == self._contact]
            for row in mine:
                row.update(self._spoil(row))


def spoil(world: World, entity: str, contact: int, change: Spoil) -> Callable[[], None]:
    """Let records of a contact be spoiled from now on; return how to end it."""
    transport = world.to_civicrm
    inner = transport._inner
    transport._inner = Spoiled(inner, entity, contact, change)

    def end() -> None:
        transport._inner = inner

    return end


def odd_values(entity: str) -> Spoil:
    field = {"Contact": "is_deleted", "Email": "on_hold", "GroupContact": "status", "SubscriptionHistory": "date"}[
        entity
    ]
    return lambda row: {field: {"not": "read"}} if field in row else {}


def people(world: World, *emails: str) -> list[int]:
    for email in emails:
        world.member(email)
    return [world.contact(email, {NEWS: 20}) for email in emails]


@pytest.mark.parametrize("entity", RECORDS)
@pytest.mark.parametrize("everything", [True, False])
def test_an_odd_record_fails_alone_and_the_others_are_synced(world: World, entity: str, *, everything: bool) -> None:
    ann, bob, carl = people(world, ANN, BOB, CARL)
    world.sync()
    spoil(world, entity, ann, odd_values(entity))
    world.put(bob, "Removed")
    world.edit(ann, nick_name="A")
    world.act(CARL, "unsubscribe")
    world.pass_time(3_600)

    world.sync(everything=everything)

    assert (world.status(ANN), world.status(BOB)) == ("subscribed", "unsubscribed")
    assert (world.in_group(ann), world.in_group(carl)) == ("Added", "Removed")
    assert world.owners(ANN) == [ann]
    if everything:
        assert world.sync_result(contact=ann) == ("fail", "CV_UNREADABLE")


@pytest.mark.parametrize("entity", RECORDS)
def test_a_record_that_can_be_read_again_ends_the_problem(world: World, entity: str) -> None:
    ann, *_ = people(world, ANN, BOB, CARL)
    world.sync()
    stop_tampering = spoil(world, entity, ann, odd_values(entity))
    world.pass_time(3_600)
    world.sync(everything=True)
    stop_tampering()
    world.pass_time(3_600)

    world.sync()

    assert world.sync_result(contact=ann) == ("ok", "IN_SYNC")


@pytest.mark.parametrize("entity", ["Email", "GroupContact", "SubscriptionHistory"])
def test_a_first_sync_doubles_and_removes_nobody_for_an_odd_record(world: World, entity: str) -> None:
    ann, bob, carl = people(world, ANN, BOB, CARL)
    world.put(ann, "Removed")
    stop_tampering = spoil(world, entity, ann, odd_values(entity))

    world.sync()

    assert [len(world.owners(email)) for email in (ANN, BOB, CARL)] == [1, 1, 1]
    assert (world.status(ANN), world.status(BOB), world.status(CARL)) == ("subscribed",) * 3
    assert (world.in_group(ann), world.in_group(bob), world.in_group(carl)) == ("Removed", "Added", "Added")
    stop_tampering()
    world.pass_time(3_600)
    world.sync()
    assert (world.status(ANN), world.in_group(ann)) == ("unsubscribed", "Removed")


def test_the_log_names_an_odd_record_by_its_number_and_no_address(world: World) -> None:
    ann, *_ = people(world, ANN, BOB, CARL)
    spoil(world, "Email", ann, odd_values("Email"))

    result = world.sync()

    with world.store.begin() as tx:
        lines = [text for _, text in runs.log_lines(tx, LIST, result.run_id)]
    [line] = [line for line in lines if "can't be read" in line]
    assert f"of contact {ann}" in line
    assert "@" not in line


def test_where_most_records_are_odd_the_run_stops_and_changes_nothing(world: World) -> None:
    contacts = people(world, *(f"p{number}@example.org" for number in range(8)))
    world.sync()
    for contact in contacts[:6]:
        spoil(world, "GroupContact", contact, odd_values("GroupContact"))
    world.pass_time(3_600)
    world.forget_requests()

    with pytest.raises(TransientError):
        world.sync(everything=True)

    assert world.writes() == []


def test_an_odd_answer_to_where_a_contact_was_merged_concerns_that_contact_only(world: World) -> None:
    ann, bob, _ = people(world, ANN, BOB, CARL)
    world.sync()
    world.trash(ann)
    world.trash(bob)
    inner = world.to_civicrm._inner

    class Odd(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            response = inner.handle_request(request)
            calls = parse_qs(request.read().decode()).get("calls", ["{}"])[0]
            body = json.loads(response.read())
            for name, (_, action, params) in json.loads(calls).items():
                if action == "getMergedTo" and params["contactId"] == ann:
                    body[name] = {"values": "never"}
            return httpx2.Response(response.status_code, json=body)

    world.to_civicrm._inner = Odd()
    world.pass_time(3_600)

    world.sync()

    assert world.sync_result(contact=ann) == ("fail", "CV_UNREADABLE")
    assert (world.status(ANN), world.status(BOB)) == ("subscribed", "archived")
