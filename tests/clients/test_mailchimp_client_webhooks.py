"""The client sets up webhooks at the stand-in."""

from __future__ import annotations

import pytest

from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.mailchimp import (
    MailchimpClient,
    batch_webhooks,
    create_batch_webhook,
    create_webhook,
    delete_batch_webhook,
    delete_webhook,
    update_batch_webhook,
    update_webhook,
    webhooks,
)
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

Mailchimp = tuple[MailchimpSandbox, MailchimpClient]

LIST_ID = "a1b2c3d4e5"
URL, OTHER_URL = "https://sync.test/hook?secret=a", "https://sync.test/hook?secret=b"
ALL_BUT_CAMPAIGN = frozenset({"subscribe", "unsubscribe", "profile", "cleaned", "upemail"})
PEOPLE = frozenset({"user", "admin"})


@pytest.fixture(autouse=True)
def trusting(mailchimp: Mailchimp) -> None:
    """Let Mailchimp accept URLs without validating them."""
    mailchimp[0].set_options(validate_webhooks=False)


def test_a_webhook_is_read_as_it_was_made(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    made = create_webhook(client, LIST_ID, URL, ALL_BUT_CAMPAIGN, PEOPLE)
    assert (made.url, made.events, made.sources) == (URL, ALL_BUT_CAMPAIGN, PEOPLE)
    assert webhooks(client, LIST_ID) == [made]


def test_a_change_says_what_is_off_as_well(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    made = create_webhook(client, LIST_ID, URL, ALL_BUT_CAMPAIGN, PEOPLE)
    changed = update_webhook(client, LIST_ID, made.id, OTHER_URL, frozenset({"campaign"}), frozenset({"api"}))
    assert (changed.id, changed.url) == (made.id, OTHER_URL)
    assert (changed.events, changed.sources) == (frozenset({"campaign"}), frozenset({"api"}))
    assert webhooks(client, LIST_ID) == [changed]


def test_a_deleted_webhook_is_gone(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    made = create_webhook(client, LIST_ID, URL, ALL_BUT_CAMPAIGN, PEOPLE)
    delete_webhook(client, LIST_ID, made.id)
    assert webhooks(client, LIST_ID) == []
    with pytest.raises(RefusedError) as caught:
        delete_webhook(client, LIST_ID, made.id)
    assert caught.value.code is Code.MC_NOT_FOUND


def test_the_same_address_is_refused_a_second_time(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    create_webhook(client, LIST_ID, URL, ALL_BUT_CAMPAIGN, PEOPLE)
    with pytest.raises(RefusedError) as caught:
        create_webhook(client, LIST_ID, URL, ALL_BUT_CAMPAIGN, PEOPLE)
    assert caught.value.code is Code.WEBHOOK_TWICE


def test_an_address_that_does_not_answer_mailchimp_is_refused(mailchimp: Mailchimp) -> None:
    sandbox, client = mailchimp
    sandbox.set_options(validate_webhooks=True)
    nobody_there = "http://127.0.0.1:9/hook"
    with pytest.raises(RefusedError) as caught:
        create_webhook(client, LIST_ID, nobody_there, ALL_BUT_CAMPAIGN, PEOPLE)
    assert caught.value.code is Code.WEBHOOK_UNVERIFIED
    assert "it has to answer a GET request with status 200" in caught.value.detail
    with pytest.raises(RefusedError):
        create_batch_webhook(client, nobody_there)


def test_webhooks_of_an_audience_that_is_gone(mailchimp: Mailchimp) -> None:
    with pytest.raises(RefusedError) as caught:
        webhooks(mailchimp[1], "gone")
    assert caught.value.code is Code.MC_AUDIENCE_GONE


def test_batch_webhooks_are_made_changed_and_deleted(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    kept, other = create_batch_webhook(client, URL), create_batch_webhook(client, f"{URL}2")
    assert batch_webhooks(client) == [kept, other]
    changed = update_batch_webhook(client, other.id, OTHER_URL)
    assert (changed.id, changed.url, changed.enabled) == (other.id, OTHER_URL, True)
    delete_batch_webhook(client, kept.id)
    assert batch_webhooks(client) == [changed]


def test_the_most_batch_webhooks_an_account_can_have_are_all_read(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    made = [create_batch_webhook(client, f"{URL}{number}") for number in range(20)]
    assert batch_webhooks(client) == made
    with pytest.raises(RefusedError):
        create_batch_webhook(client, OTHER_URL)


def test_addresses_with_their_secrets_never_show(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    shown = repr([create_webhook(client, LIST_ID, URL, ALL_BUT_CAMPAIGN, PEOPLE), create_batch_webhook(client, URL)])
    assert "secret=" not in shown
