"""Bulk reads from the stand-in: everyone is read once, and contacts in the trash are recognised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import httpx2
import pytest

from mailchimpsync.civicrm import (
    CivicrmClient,
    Email,
    Result,
    Second,
    SiteClock,
    addresses_of,
    contacts_by_id,
    contacts_modified_since,
    group_contacts,
    history,
    merged_to,
    modified,
    on_hold_addresses,
    owners_of,
    persons,
)
from mailchimpsync.civicrm.http.paging import CAPS, IDS_MAX, pages
from mailchimpsync.civicrm.reads import ADDRESSES_MAX
from mailchimpsync.errors import AccessError, Code, TransientError
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served

if TYPE_CHECKING:
    from clients.conftest import CivicrmSays, FakeClock

Civicrm = tuple[CivicrmSandbox, CivicrmClient]

CLOCK = SiteClock(timedelta(hours=1), datetime(2026, 11, 20, 12, tzinfo=UTC), ZoneInfo("Africa/Lagos"))


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        ("http.paging", "IDS_MAX", 4),
        ("reads", "IDS_MAX", 4),
        ("reads", "ADDRESSES_MAX", 3),
        ("reads", "MERGES_MAX", 2),
        ("people", "PERSONS_MAX", 3),
    ):
        monkeypatch.setattr(f"mailchimpsync.civicrm.{module}.{name}", value)
    monkeypatch.setattr(
        "mailchimpsync.civicrm.http.paging.pages.__kwdefaults__", {**(pages.__kwdefaults__ or {}), "rows": 3}
    )


def mails(*addresses: str) -> list[dict[str, object]]:
    return [{"email": address} for address in addresses]


def added(*group_ids: int) -> dict[int, dict[str, str]]:
    return {group_id: {"status": "Added"} for group_id in group_ids}


@pytest.mark.usefixtures("small_pages")
def test_everyone_in_the_groups_is_read_once_and_trash_is_left_out(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    people = sandbox.load_contacts([{"groups": added(8, 9)} for _ in range(10)])
    sandbox.load_contacts([{"groups": added(8), "is_deleted": True}])
    chunks = list(group_contacts(client, [8, 9]))
    rows = list(chain.from_iterable(chunks))
    assert len(chunks) == 7
    assert sorted((row.contact_id, row.group_id, row.status) for row in rows) == [
        (person, group, "Added") for person in people for group in (8, 9)
    ]
    some = chain.from_iterable(group_contacts(client, [8], people[:5]))
    assert sorted(row.contact_id for row in some) == people[:5]


def test_without_groups_or_contacts_nothing_is_asked(civicrm_says: CivicrmSays) -> None:
    client, script = civicrm_says(httpx2.Response(500))
    assert list(group_contacts(client, [])) == list(group_contacts(client, [8], [])) == []
    assert list(history(client, [], None, CLOCK)) == []
    assert list(contacts_by_id(client, [])) == []
    assert list(owners_of(client, [])) == []
    assert (persons(client, []), merged_to(client, []), on_hold_addresses(client, [])) == ({}, {}, set())
    assert script.requests == []


@pytest.mark.usefixtures("small_pages")
def test_history_comes_oldest_first_and_in_utc(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    entries = [
        {"group_id": 8, "status": status, "date": f"2026-11-0{day}T10:00:00+00:00"}
        for day, status in ((1, "Added"), (2, "Removed"), (3, "Added"), (4, "Removed"))
    ]
    [wilma] = sandbox.load_contacts([{"groups": entries}])
    whole = list(chain.from_iterable(history(client, [8, 9], None, CLOCK)))
    assert [(row.contact_id, row.status) for row in whole] == [
        (wilma, status) for status in ("Added", "Removed", "Added", "Removed")
    ]
    assert whole[0].date == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert whole[0].date.utcoffset() == timedelta(0)
    since = list(chain.from_iterable(history(client, [8], "2026-11-03 11:00:00", CLOCK, [wilma])))
    assert [row.date.day for row in since] == [3, 4]


def test_a_full_question_is_answered_at_once_and_not_taken_for_a_sites_own_limit(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    people = sandbox.load_contacts([{} for _ in range(IDS_MAX)])
    list(contacts_by_id(client, people[:1]))  # the first request finds the URL pattern
    sandbox.log.clear()

    found = list(chain.from_iterable(contacts_by_id(client, people)))

    assert len(found) == IDS_MAX
    assert sandbox.log.as_dict()["total"] == 1
    assert not {IDS_MAX, ADDRESSES_MAX} & CAPS


def test_a_number_of_rows_at_which_a_site_may_cut_off_is_not_asked_for_twice_where_all_are_there(
    civicrm: Civicrm,
) -> None:
    sandbox, client = civicrm
    people = sandbox.load_contacts(
        [{"emails": [f"{number}@bedrock.org"], "groups": [{"group_id": 8, "status": "Added"}]} for number in range(50)]
    )
    assert len(people) in CAPS
    list(contacts_by_id(client, people[:1]))  # the first request finds the URL pattern
    sandbox.log.clear()

    sizes = [
        sum(map(len, contacts_by_id(client, people))),
        sum(map(len, addresses_of(client, people))),
        sum(map(len, group_contacts(client, [8], people))),
        sum(map(len, history(client, [8], None, CLOCK, people))),
    ]

    assert sizes == [50] * 4
    assert sandbox.log.as_dict()["total"] == 4


@pytest.mark.usefixtures("small_pages")
def test_trashed_contacts_are_told_and_deleted_ones_are_missing(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    people = sandbox.load_contacts([{"is_deleted": number == 2} for number in range(6)])
    found = chain.from_iterable(contacts_by_id(client, [*people, 99_999]))
    assert [(contact.id, contact.is_deleted) for contact in found] == [
        (person, number == 2) for number, person in enumerate(people)
    ]


@pytest.mark.usefixtures("small_pages")
def test_modified_contacts_come_with_their_addresses(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    old, new = "2026-11-01T10:00:00+00:00", "2026-11-10T10:00:00+00:00"
    sandbox.load_contacts([{"emails": mails("old@bedrock.org"), "modified_date": old}])
    people = sandbox.load_contacts(
        [
            {"emails": mails(f"a{n}@bedrock.org", f"b{n}@bedrock.org"), "modified_date": new, "is_deleted": n == 1}
            for n in range(6)
        ]
    )
    since = list(contacts_modified_since(client, "2026-11-10 11:00:00"))
    contacts = [contact for chunk in since for contact in chunk.contacts if contact.id in people]
    assert [(contact.id, contact.is_deleted) for contact in contacts] == [(p, n == 1) for n, p in enumerate(people)]
    addresses = {(one.contact_id, one.email) for chunk in since for one in chunk.addresses}
    assert addresses == {(p, f"{letter}{n}@bedrock.org") for n, p in enumerate(people) for letter in "ab"}


def test_seconds_of_modified_contacts_are_told_as_a_real_site_tells_them_and_only_theirs_are_read(
    civicrm: Civicrm,
) -> None:
    sandbox, client = civicrm
    early, late = "2026-11-10T10:00:00+00:00", "2026-11-10T10:00:05+00:00"
    first = sandbox.load_contacts([{"modified_date": early}, {"modified_date": early, "is_deleted": True}])
    other = sandbox.load_contacts([{"modified_date": late}])

    rows = client.call(*modified.call("2026-11-10 11:00:00"))
    told = modified.seconds_of("", modified.CONTACTS, Result(rows))
    read = list(contacts_modified_since(client, "", None, ["2026-11-10 11:00:05"]))

    assert told is not None
    assert told.found["2026-11-10 11:00:00"] == Second(2, sum(first), min(first), max(first))
    assert set(rows[0]) == {"modified_date", "number", "ids", "lowest", "highest"}  # the response of CiviCRM 6.13
    assert [contact.id for chunk in read for contact in chunk.contacts] == other
    assert list(contacts_modified_since(client, "", None, [])) == []


@pytest.mark.usefixtures("small_pages")
def test_owners_are_found_in_any_case_but_not_across_accents(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    zoe, joe, twin, _ = sandbox.load_contacts(
        [
            {"emails": mails("zoë@bedrock.org")},
            {"emails": [{"email": "joe@bedrock.org", "on_hold": 1}]},
            {"emails": mails("joe@bedrock.org")},
            {"emails": mails("joe@bedrock.org"), "is_deleted": True},
        ]
    )
    asked = ["Joe@Bedrock.org", "zoe@bedrock.org", "ZOË@bedrock.org", "nobody@bedrock.org"]
    owners = list(chain.from_iterable(owners_of(client, asked)))
    assert sorted((owner.address, owner.contact_id, owner.on_hold) for owner in owners) == [
        ("Joe@Bedrock.org", joe, True),
        ("Joe@Bedrock.org", twin, False),
        ("ZOË@bedrock.org", zoe, False),
    ]


@pytest.mark.usefixtures("small_pages")
def test_an_address_on_hold_anywhere_is_on_hold(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    sandbox.load_contacts(
        [
            {"emails": [{"email": "fred@bedrock.org", "on_hold": 1}]},
            {"emails": [*mails("fred@bedrock.org"), {"email": "optout@bedrock.org", "on_hold": 2}]},
            {"emails": mails("wilma@bedrock.org")},
        ]
    )
    asked = ["Fred@bedrock.org", "wilma@bedrock.org", "optout@bedrock.org", "frèd@bedrock.org"]
    assert on_hold_addresses(client, asked) == {"fred@bedrock.org", "optout@bedrock.org"}


@pytest.mark.usefixtures("small_pages")
def test_persons_come_with_what_forbids_mailing_them(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    emails = [{"email": "w@bedrock.org", "on_hold": 1}, {"email": "bulk@bedrock.org", "is_bulkmail": True}]
    wilma, fred, *others = sandbox.load_contacts(
        [
            {"first_name": "Wilma", "last_name": "Flintstone", "emails": emails, "do_not_email": True},
            {"is_opt_out": True, "is_deceased": True, "is_deleted": True},
            *({"emails": mails("barney@bedrock.org")} for _ in range(5)),
        ]
    )
    found = persons(client, [wilma, fred, *others, wilma, 99_999])
    assert found.keys() == {wilma, fred, *others}
    assert found[wilma]._replace(emails=())[:-1] == ("Wilma", "Flintstone", True, False, False, False, ())
    assert found[wilma].emails == (
        Email("w@bedrock.org", on_hold=True, is_bulkmail=False, is_primary=True),
        Email("bulk@bedrock.org", on_hold=False, is_bulkmail=True, is_primary=False),
    )
    assert found[fred][:-1] == ("", "", False, True, True, True, ())
    assert (found[wilma].name, found[others[0]].name) == ("Wilma Flintstone", "")


def test_a_round_number_of_addresses_is_known_to_be_all_of_them(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    everyone = sandbox.load_contacts([{"emails": mails(f"p{number}@bedrock.org")} for number in range(100)])
    _ = client.pattern
    sandbox.log.clear()

    assert len(persons(client, everyone)) == 100
    assert sandbox.log.as_dict()["total"] == 1


def test_thousands_of_persons_with_an_address_each_are_read_in_few_requests(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    everyone = sandbox.load_contacts([{"emails": mails(f"p{number}@bedrock.org")} for number in range(4_100)])
    _ = client.pattern
    sandbox.log.clear()

    assert len(persons(client, everyone)) == 4_100
    requests = sandbox.log.as_dict()["requests"]
    assert isinstance(requests, list)
    assert len(requests) == 3


def test_persons_of_many_addresses_are_asked_for_in_halves(civicrm: Civicrm, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox, client = civicrm
    people = sandbox.load_contacts([{"emails": mails(f"a{n}@bedrock.org", f"b{n}@bedrock.org")} for n in range(5)])
    monkeypatch.setattr("mailchimpsync.civicrm.people.PAGE_ROWS", 5)
    assert [len(persons(client, people)[person].emails) for person in people] == [2] * 5


@pytest.mark.usefixtures("small_pages")
def test_merged_contacts_are_followed_and_the_others_left_out(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    wilma, twin, other, trashed = sandbox.load_contacts([{"first_name": "Wilma"}, {"first_name": "Wilma"}, {}, {}])
    sandbox.call("Contact", "mergeDuplicates", {"contactId": wilma, "duplicateId": twin, "mode": "aggressive"})
    sandbox.call("Contact", "delete", {"where": [["id", "=", trashed]]})
    assert merged_to(client, [twin, other, trashed, 99_999]) == {twin: wilma}


@pytest.mark.parametrize(
    "row",
    [
        {"contact_id": 1, "group_id": 8, "status": "Added"},
        {"id": 5, "group_id": 8, "status": "Added"},
        {"id": 5, "contact_id": None, "group_id": 8, "status": "Added"},
        {"id": 5, "contact_id": 1, "group_id": 8},
    ],
    ids=str,
)
def test_a_row_without_a_key_we_asked_for_is_odd(row: dict[str, object], civicrm_says: CivicrmSays) -> None:
    client, _ = civicrm_says(httpx2.Response(200, json={"values": [row]}))
    with pytest.raises(TransientError) as caught:
        list(group_contacts(client, [8]))
    assert caught.value.code is Code.CV_ODD_ANSWER


def test_rows_that_do_not_ascend_are_odd_and_end(civicrm_says: CivicrmSays) -> None:
    rows = [{"id": number, "contact_id": 1, "group_id": 8, "status": "Added"} for number in range(1, 25_001)]
    client, script = civicrm_says(httpx2.Response(200, json={"values": rows}))
    with pytest.raises(TransientError, match="order of ids"):
        list(group_contacts(client, [8]))
    assert len(script.requests) == 2


def test_a_date_nobody_can_read_is_odd(civicrm_says: CivicrmSays) -> None:
    row = {"id": 5, "contact_id": 1, "group_id": 8, "status": "Added", "date": "20261120", "method": "API"}
    client, _ = civicrm_says(httpx2.Response(200, json={"values": [row | {"date": "soon"}]}))
    with pytest.raises(TransientError, match="SubscriptionHistory 5"):
        list(history(client, [8], None, CLOCK))


def test_reads_of_a_user_without_rights_are_refused_where_civicrm_says_so(civicrm: Civicrm, clock: FakeClock) -> None:
    sandbox, _ = civicrm
    sandbox.add_user("temp", "few")
    with (
        Served(sandbox) as served,
        CivicrmClient(served.url, "temp", clock.runtime) as client,
        pytest.raises(AccessError),
    ):
        list(group_contacts(client, [8]))
