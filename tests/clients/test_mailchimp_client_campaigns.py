"""Campaigns and their reports over real HTTP, and fields that Mailchimp may omit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clients.conftest import KEY, LIST_ID
from mailchimpsync.addresses import member_id_of
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.mailchimp import MailchimpClient, activity_page, recipient_page, sent_campaigns
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

SPRING = datetime(2026, 3, 20, 8, 30, tzinfo=UTC)
ANN, BOB, CARL = (f"{name}@example.org" for name in ("ann", "bob", "carl"))


@pytest.fixture
def client(mailchimp: tuple[MailchimpSandbox, MailchimpClient]) -> MailchimpClient:
    """Two campaigns for our audience, one for another audience, and a draft."""
    sandbox, client = mailchimp

    def load(campaign: str, day: int, list_id: str = LIST_ID, status: str = "sent") -> None:
        at = SPRING.replace(day=day).isoformat()
        about = {"id": campaign, "send_time": at, "status": status, "recipients": {"list_id": list_id}}
        act = [{"action": "open", "timestamp": at}]
        sandbox.load_campaign(
            KEY,
            campaign=about,
            sent_to=[{"email_address": one} for one in (ANN, BOB, CARL)],
            email_activity=[
                {"email_address": ANN, "activity": act},
                {"email_address": BOB, "activity": [{"action": "click", "timestamp": at}]},
                {"email_address": CARL, "activity": [{"action": "bounce", "type": "soft", "timestamp": at}]},
            ],
        )

    load("later", 21)
    load("spring", 20)
    load("theirs", 20, list_id="b1b2c3d4e5")
    load("draft", 20, status="save")
    return client


def test_sent_campaigns_of_an_audience_come_in_their_order(client: MailchimpClient) -> None:
    found = sent_campaigns(client, LIST_ID, None)

    assert [(one.id, one.list_id) for one in found] == [("spring", LIST_ID), ("later", LIST_ID)]
    assert (found[0].sent_at, found[0].title, found[0].archive_url) == (SPRING, "", "")
    assert [one.id for one in sent_campaigns(client, LIST_ID, SPRING)] == ["later"]


def test_a_page_of_recipients_is_a_part_and_names_how_many_there_are(client: MailchimpClient) -> None:
    page = recipient_page(client, "spring", offset=1, count=1)

    assert page.total_items == 3
    assert [(one.id, one.list_id) for one in page.members] == [(member_id_of(BOB), LIST_ID)]


def test_a_click_counts_as_an_open_and_a_bounce_as_neither(client: MailchimpClient) -> None:
    page = activity_page(client, "spring", offset=0, count=10)

    assert [(one.opened, one.clicked) for one in page.members] == [(True, False), (True, True), (False, False)]


def test_a_report_that_is_not_there_is_refused(client: MailchimpClient) -> None:
    with pytest.raises(RefusedError) as caught:
        recipient_page(client, "nothing", offset=0, count=10)

    assert caught.value.code is Code.MC_NOT_FOUND
