"""Reading audiences, interests and members, from the stand-in and from unusual responses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mailchimpsync.addresses import member_id_of
from mailchimpsync.errors import Code, EvidenceError, RefusedError, TransientError
from mailchimpsync.mailchimp import (
    Interest,
    MailchimpClient,
    UnreadableMember,
    audience,
    audiences,
    interests,
    member,
    member_page,
)
from mailchimpsync.model import MemberStatus
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

if TYPE_CHECKING:
    from clients.conftest import MailchimpSays

Mailchimp = tuple[MailchimpSandbox, MailchimpClient]

LIST_ID = "a1b2c3d4e5"
WILMA = {
    "id": "5eb0d793a5aa4f1b9fd29305d6afbf7c",
    "email_address": "wilma@bedrock.org",
    "status": "subscribed",
    "last_changed": "2021-11-23T22:52:05+00:00",
}


def page(*members: dict[str, Any], **more: Any) -> httpx2.Response:
    return httpx2.Response(200, json={"members": list(members), "total_items": len(members), **more})


def test_the_audience_is_found_with_its_interests(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    assert [(found.id, found.name) for found in audiences(client)] == [(LIST_ID, "Newsletter")]
    found = audience(client, LIST_ID)
    assert found.date_created is not None
    assert found.date_created.tzinfo is UTC
    assert interests(client, LIST_ID) == [
        Interest("aaaaaaaaaa", "Walking", "Topics"),
        Interest("bbbbbbbbbb", "Cycling", "Topics"),
    ]


def test_a_deleted_audience_is_called_so(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    for ask in (
        lambda: audience(client, "gone"),
        lambda: interests(client, "gone"),
        lambda: member_page(client, "gone", offset=0),
    ):
        with pytest.raises(RefusedError) as caught:
            ask()
        assert caught.value.code is Code.MC_AUDIENCE_GONE


def test_pages_hold_everyone_once(mailchimp: Mailchimp) -> None:
    sandbox, client = mailchimp
    everybody = [f"person{number}@bedrock.org" for number in range(25)]
    sandbox.load_members(LIST_ID, [{"email_address": email, "status": "subscribed"} for email in everybody])
    pages = [member_page(client, LIST_ID, offset=offset, count=10) for offset in (0, 10, 20, 30)]
    assert [len(one.members) for one in pages] == [10, 10, 5, 0]
    assert {one.total_items for one in pages} == {25}
    assert {found.email_address for one in pages for found in one.readable} == set(everybody)


def test_wilma_comes_with_her_names_interests_and_time_in_utc(mailchimp: Mailchimp) -> None:
    sandbox, client = mailchimp
    ticked = {"aaaaaaaaaa": True}
    person = {"email_address": "Wilma@Bedrock.org", "status": "subscribed", "first_name": "Wilma", "last_name": "F"}
    sandbox.load_members(LIST_ID, [person | {"interests": ticked, "last_changed": "2026-11-01T10:00:00+00:00"}])
    found = member_page(client, LIST_ID, offset=0, with_interests=True).readable[0]
    assert (found.id, found.status) == (member_id_of("wilma@bedrock.org"), "subscribed")
    assert (found.first_name, found.last_name) == ("Wilma", "F")
    assert found.interests == {"aaaaaaaaaa": True, "bbbbbbbbbb": False}
    assert found.last_changed == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert found.contact_id
    assert member_page(client, LIST_ID, offset=0).readable[0].interests == {}
    assert member(client, LIST_ID, found.id) == found


def test_only_what_changed_since_is_read_whatever_our_time_zone(mailchimp: Mailchimp) -> None:
    sandbox, client = mailchimp
    sandbox.load_members(
        LIST_ID,
        [
            {
                "email_address": f"{name}@bedrock.org",
                "status": "subscribed",
                "last_changed": f"2026-11-{day}T10:00:00+00:00",
            }
            for name, day in (("early", "01"), ("late", "10"))
        ],
    )
    since = datetime(2026, 11, 10, 10, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert [one.email_address for one in member_page(client, LIST_ID, offset=0, since=since).readable] == [
        "late@bedrock.org"
    ]


def test_archived_members_are_read_when_asked_for(mailchimp: Mailchimp) -> None:
    sandbox, client = mailchimp
    sandbox.load_members(LIST_ID, [{"email_address": "fred@bedrock.org", "status": "archived"}])
    assert member_page(client, LIST_ID, offset=0).total_items == 0
    archived = member_page(client, LIST_ID, offset=0, status=MemberStatus.ARCHIVED).readable
    assert [one.status for one in archived] == ["archived"]


def test_a_member_mailchimp_does_not_know_is_none(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    assert member(client, LIST_ID, member_id_of("nobody@bedrock.org")) is None


def test_only_the_fields_we_use_are_asked_for_and_the_plus_of_the_date_is_escaped(
    mailchimp_says: MailchimpSays,
) -> None:
    client, script = mailchimp_says(page())
    member_page(client, LIST_ID, offset=2000, since=datetime(2026, 11, 1, tzinfo=UTC), with_interests=True)
    query = script.requests[0].url.query.decode()
    assert "2026-11-01T00%3A00%3A00%2B00%3A00" in query
    params = script.requests[0].url.params
    assert params["fields"].split(",") == [
        "total_items",
        "members.id",
        "members.email_address",
        "members.contact_id",
        "members.status",
        "members.last_changed",
        "members.timestamp_opt",
        "members.merge_fields",
        "members.interests",
    ]
    assert (params["offset"], params["count"]) == ("2000", "1000")


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, json={"members": [WILMA]}),
        httpx2.Response(200, json={"total_items": 1}),
    ],
    ids=lambda answer: answer.text[:60],
)
def test_a_page_that_lacks_what_decisions_need_is_odd(answer: httpx2.Response, mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(answer)
    with pytest.raises(TransientError) as caught:
        member_page(client, LIST_ID, offset=0)
    assert caught.value.code is Code.MC_ODD_ANSWER
    assert len(script.requests) == 6


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        *(({key: value for key, value in WILMA.items() if key != gone}, gone) for gone in ("status", "last_changed")),
        (WILMA | {"last_changed": ""}, "last_changed"),
        (WILMA | {"last_changed": "2021-11-23T22:52:05"}, "last_changed"),
        (WILMA | {"interests": {"aaaaaaaaaa": "perhaps"}}, "interests"),
        (WILMA | {"id": ""}, "id"),
        ("Wilma", "id"),
    ],
)
def test_a_member_that_can_not_be_read_fails_alone_and_is_named(
    odd: Any, why: str, mailchimp_says: MailchimpSays
) -> None:
    client, _ = mailchimp_says(page(odd, WILMA))
    found = member_page(client, LIST_ID, offset=0)
    assert [one.id for one in found.readable] == [WILMA["id"]]
    assert isinstance(found.members[0], UnreadableMember)
    assert found.members[0].why == why
    assert found.members[0].member_id == (WILMA["id"] if why != "id" else None)


def test_a_page_with_many_odd_members_is_an_odd_answer(mailchimp_says: MailchimpSays) -> None:
    client, _ = mailchimp_says(page(*(WILMA | {"last_changed": ""} for _ in range(21))))
    with pytest.raises(TransientError) as caught:
        member_page(client, LIST_ID, offset=0)
    assert caught.value.code is Code.MC_ODD_ANSWER


def test_members_without_an_address_are_told_apart_even_with_equal_ids(mailchimp_says: MailchimpSays) -> None:
    texts_only = [WILMA | {"email_address": "", "contact_id": key} for key in ("one", "two")]
    client, _ = mailchimp_says(page(*texts_only))
    found = member_page(client, LIST_ID, offset=0)
    assert found.readable == []
    assert len({one.id for one in found.members}) == 2


@pytest.mark.parametrize("merge_fields", [[], {}, None, {"FNAME": None, "LNAME": 7}, "odd"])
def test_names_that_are_missing_or_odd_do_not_stop_a_page(merge_fields: Any, mailchimp_says: MailchimpSays) -> None:
    client, _ = mailchimp_says(page(WILMA | {"merge_fields": merge_fields, "interests": []}))
    found = member_page(client, LIST_ID, offset=0).readable[0]
    assert (found.first_name, found.interests) == ("", {})


def test_a_status_nobody_knows_yet_is_kept(mailchimp_says: MailchimpSays) -> None:
    client, _ = mailchimp_says(page(WILMA | {"status": "hibernating"}))
    assert member_page(client, LIST_ID, offset=0).readable[0].status == "hibernating"


def test_interests_that_do_not_add_up_are_no_evidence(mailchimp_says: MailchimpSays) -> None:
    some = httpx2.Response(200, json={"total_items": 2, "categories": [{"id": "c", "title": "Topics"}]})
    none = httpx2.Response(200, json={"total_items": 2, "categories": []})
    client, _ = mailchimp_says(some, none)
    with pytest.raises(EvidenceError) as caught:
        interests(client, LIST_ID)
    assert caught.value.code is Code.MC_INCOMPLETE


def test_an_id_cannot_lead_to_another_path(mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(httpx2.Response(404, json={"title": "Resource Not Found", "status": 404}))
    member(client, "../batches?x=", "a/../../b")
    assert (
        script.requests[0].url.raw_path.decode().startswith("/3.0/lists/..%2Fbatches%3Fx%3D/members/a%2F..%2F..%2Fb?")
    )
