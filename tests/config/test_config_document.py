"""What a configuration may say, and that every problem is named at once."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from mailchimpsync.config import Account, Configuration, Guard, Link
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.model import Connection, Resubscribe

KEY = "0123456789abcdef0123456789abcdef-us1"
NEW_KEY = SecretStr("fedcba9876543210fedcba9876543210-us1")


def values(**changes: Any) -> dict[str, Any]:
    """A charity's configuration, with one audience."""
    return {
        "civicrm": {"url": "https://crm.example", "api_key": "civicrm-secret"},
        "accounts": {"main": {"api_key": KEY}},
        "connections": [link()],
        **changes,
    }


def link(**changes: Any) -> dict[str, Any]:
    return {"account": "main", "audience_id": "aaaa111122", "group_id": 8, "interests": {"1111111111": 9}, **changes}


def problems_of(given: dict[str, Any]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Configuration.checked(given)
    assert caught.value.exit_code == 7
    return caught.value.what


def test_a_link_becomes_the_connection_the_engine_needs() -> None:
    found = Configuration.checked(values(connections=[link(resubscribe="never")]))

    connection = found.connections[0].connection
    assert connection == Connection("aaaa111122", 8, {"1111111111": 9}, Resubscribe.NEVER, Guard().limits)


@pytest.mark.parametrize(
    ("connections", "sentence"),
    [
        ([link(account="other")], "there is no account “other” (available: main)"),
        ([link(audience_id="aaaa-1111")], "an audience id can only contain letters, digits and underscores"),
        ([link(), link(group_id=18, interests={})], "Audience “aaaa111122” is connected 2 times"),
        ([link(), link(audience_id="b", interests={})], "Group 8 is used 2 times"),
        ([link(interests={"1111111111": 9, "2222222222": 9})], "Group 9 is used 2 times"),
        ([link(interests={"1111111111": 8})], "interest “1111111111” is linked with the subscription group 8"),
        ([link(interests={"11/22": 9})], "“11/22” isn't an interest id"),
        ([link(group_id=0)], "connections.1.group_id: it must be greater than 0"),
        ([link(grup_id=8)], "connections.1.grup_id: this name isn't known"),
        ([link(resubscribe="always")], "connections.1.resubscribe"),
    ],
    ids=[
        "unknown account",
        "odd audience id",
        "audience twice",
        "subscription group twice",
        "interest group twice",
        "interest with the subscription group",
        "odd interest id",
        "group zero",
        "misspelt word",
        "unknown policy",
    ],
)
def test_a_connection_that_cannot_be_is_refused_with_its_reason(
    connections: list[dict[str, Any]], sentence: str
) -> None:
    assert sentence in problems_of(values(connections=connections))


def test_all_problems_are_named_at_once() -> None:
    text = problems_of(
        values(
            civicrm={"url": "crm.example", "api_key": " "},
            connections=[link(account="other"), link(audience_id="b?", interests={})],
        )
    )

    assert text.count("•") == 5
    for part in ("https://", "the API key is empty", "no account “other”", "“b?”", "Group 8 is used 2 times"):
        assert part in text


def test_an_address_with_a_password_in_it_is_refused() -> None:
    text = problems_of(values(civicrm={"url": "https://ann:hidden@crm.example", "api_key": "civicrm-secret"}))

    assert "can't contain a user name or password" in text
    assert "hidden" not in text


def test_no_key_shows_when_a_configuration_is_printed_or_refused() -> None:
    configuration = Configuration.checked(values())
    refused = problems_of(values(accounts={"main": {"api_key": {KEY: KEY}}}))

    assert KEY not in repr(configuration) + str(configuration) + refused
    assert "civicrm-secret" not in repr(configuration) + str(configuration.civicrm)


def full_link() -> dict[str, Any]:
    """A connection with everything that can be said of it."""
    return link(
        audience_name="News",
        resubscribe="never",
        schedule={"cron": "0 6 * * *", "time_zone": "Europe/Paris"},
        signing_secret="signed-by-mailchimp",
    )


def test_connecting_again_with_another_group_keeps_everything_else() -> None:
    account = {"api_key": KEY, "base_url": "https://proxy.example", "webhook_secret": "a-webhook-secret"}
    others = link(audience_id="b", group_id=18, interests={})
    before = Configuration.checked(values(accounts={"main": account}, connections=[full_link(), others]))

    after = before.with_link(Link(account="main", audience_id="aaaa111122", group_id=19), Account(api_key=NEW_KEY))

    was, other = before.connections
    assert after.connections == (was.model_copy(update={"group_id": 19}), other)
    assert after.accounts["main"] == before.accounts["main"].model_copy(update={"api_key": NEW_KEY})


def test_what_is_said_changes_even_if_it_is_the_default() -> None:
    before = Configuration.checked(values(connections=[full_link()]))
    said = Link(account="main", audience_id="aaaa111122", group_id=8, resubscribe=Resubscribe.ASK, interests={})

    [after] = before.with_link(said, before.accounts["main"]).connections

    assert (after.resubscribe, after.interests) == (Resubscribe.ASK, {})
    assert after.schedule.cron == "0 6 * * *"


def test_a_document_that_leaves_out_webhook_secret_and_site_keeps_them() -> None:
    known = Configuration.checked(values(accounts={"main": {"api_key": KEY, "webhook_secret": "a-webhook-secret"}}))
    given = {"accounts": {"main": {"api_key": KEY}, "new": {"api_key": KEY}}, "connections": [link()]}

    kept = Configuration.checked(given).keeping(known)

    assert kept.civicrm == known.civicrm
    assert [account.webhook_secret for account in kept.accounts.values()] == [SecretStr("a-webhook-secret"), None]


def test_a_civicrm_that_has_moved_is_asked_again_for_the_form_of_its_urls() -> None:
    site = {
        "url": "https://crm.example",
        "api_key": "civicrm-secret",
        "pattern": "https://crm.example/{entity}/{action}",
    }
    known = Configuration.checked(values(civicrm=site))
    moved = Configuration.checked(values(civicrm={**site, "url": "https://new.example"})).keeping(known)

    assert moved.civicrm is not None
    assert moved.civicrm.pattern is None


@pytest.mark.parametrize("secret", ["\ud800", "ключ", "two\nlines"], ids=["half a letter", "Cyrillic", "two lines"])
def test_a_key_that_no_header_could_carry_is_refused(secret: str) -> None:
    assert "contains characters that aren't allowed" in problems_of(values(accounts={"main": {"api_key": secret}}))
