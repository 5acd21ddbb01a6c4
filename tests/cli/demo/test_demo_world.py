"""The demo's charity is believable, and the same every time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from mailchimpsync_sandbox.world import INTERESTS, World, begin, changes

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return begin(5_000, NOW)


def test_the_same_arguments_make_the_same_charity_with_the_same_fate() -> None:
    one, other = begin(300, NOW), begin(300, NOW)

    assert one.calls == other.calls
    assert changes(one, 300) == changes(other, 300)


def test_it_has_about_as_many_people_as_asked_for(world: World) -> None:
    addresses = {member["email_address"].lower() for member in world.builder.members}
    only_here = [contact for contact in world.builder.contacts if not _listed(contact) & addresses]

    assert 4_900 <= len(addresses) + len(only_here) <= 5_200


def test_every_member_and_contact_has_an_address_of_their_own_but_for_shared_mailboxes(world: World) -> None:
    members = Counter(member["email_address"].lower() for member in world.builder.members)
    contacts = Counter(address for contact in world.builder.contacts for address in _listed(contact))

    assert max(members.values()) == 1
    assert Counter(contacts.values())[2] == 6


@pytest.mark.parametrize(
    "status", ["subscribed", "unsubscribed", "cleaned", "archived", "pending"], ids=lambda status: f"{status} members"
)
def test_every_status_is_there(world: World, status: str) -> None:
    assert any(member["status"] == status for member in world.builder.members)


@pytest.mark.parametrize("mark", ["is_deleted", "do_not_email", "is_opt_out", "is_deceased"])
def test_every_mark_of_a_contact_is_there(world: World, mark: str) -> None:
    assert any(contact.get(mark) for contact in world.builder.contacts)


def test_names_have_accents_and_emoji_and_some_addresses_capitals(world: World) -> None:
    names = "".join(contact["first_name"] for contact in world.builder.contacts)

    assert {"é", "Ł", "🌿"} <= set(names)
    assert any(member["email_address"].isupper() for member in world.builder.members)


def test_every_interest_is_ticked_by_someone(world: World) -> None:
    ticked = {key for member in world.builder.members for key, is_on in member["interests"].items() if is_on}

    assert ticked == set(INTERESTS)


def test_even_a_small_charity_has_one_of_each_kind() -> None:
    small = begin(100, NOW)

    assert len(small.examples) == 26
    assert len({example.description for example in small.examples}) == 26


def test_nobody_is_met_by_two_happenings() -> None:
    _, calls = changes(begin(1_000, NOW), 1_000)
    met = [call.values["email"] for call in calls if call.action == "act"]

    assert len(met) == len(set(met))


def _listed(contact: dict[str, object]) -> set[str]:
    emails = contact["emails"]
    assert isinstance(emails, list)
    return {email["email"] if isinstance(email, dict) else email for email in emails}


def test_it_has_mailed_its_members(world: World) -> None:
    addresses = {member["email_address"] for member in world.builder.members}
    mailings = [call.values for call in world.calls if call.action == "load_campaign"]

    assert len(mailings) == 3
    for one in mailings:
        recipients = {sent["email_address"] for sent in one["sent_to"]}
        assert recipients <= addresses
        assert 0 < len(one["email_activity"]) < len(recipients)
