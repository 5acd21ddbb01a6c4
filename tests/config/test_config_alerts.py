"""Who is told: what may be said, what is never shown, and what stays when nothing is said."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from mailchimpsync.config import (
    Account,
    CivicrmSite,
    Configuration,
    Keyring,
    Link,
    changes,
    from_extension_form,
    from_stored,
    from_text,
    reencrypted,
    to_json,
    to_stored,
    to_toml,
)
from mailchimpsync.errors import ConfigurationError

KEY = "0123456789abcdef0123456789abcdef-us1"
SECRETS = {
    "password": "the-post-office-knows-me",
    "ping": "https://ping.example/a-check-only-we-know",
    "hook": "https://hook.example/a-way-in",
    "signing": "what-signs-alerts-0123456789",
    "slack": "https://slack.example/services/a-way-in-too",
}


def alerts(**email: Any) -> dict[str, Any]:
    mail = {"host": "smtp.example", "sender": "sync@site.example", "to": ["ann@office.example"], "user": "sync"}
    return {
        "ping_url": SECRETS["ping"],
        "email": {**mail, "password": SECRETS["password"], **email},
        "webhook": {"webhook_url": SECRETS["hook"], "signing_secret": SECRETS["signing"]},
        "slack": {"webhook_url": SECRETS["slack"]},
    }


def configuration(**changes: Any) -> Configuration:
    link = {"account": "main", "audience_id": "aaaa111122", "group_id": 8}
    return Configuration.checked(
        {
            "civicrm": {"url": "https://crm.example", "api_key": "civicrm-secret"},
            "accounts": {"main": {"api_key": KEY}},
            "connections": [link],
            "alerts": alerts(),
            **changes,
        }
    )


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([Fernet.generate_key().decode()])


@pytest.mark.parametrize("write", [to_toml, to_json])
def test_no_secret_of_a_channel_is_shown_and_a_masked_one_stays(write: Any, keyring: Keyring) -> None:
    known = configuration()
    text = write(to_stored(known))

    assert not [secret for secret in SECRETS.values() if secret in text]
    assert from_stored(from_text(text), keyring, known) == known


def test_every_secret_of_a_channel_is_encrypted_at_rest_and_again_with_a_new_key(keyring: Keyring) -> None:
    stored = to_stored(configuration(), keyring.encrypt)
    other = Keyring([Fernet.generate_key().decode(), *(key.decode() for key in keyring._keys)])

    assert not [secret for secret in SECRETS.values() if secret in str(stored)]
    again = reencrypted(stored, other)
    assert from_stored(again, Keyring([other._keys[0].decode()])) == configuration()


def test_a_masked_secret_with_none_behind_it_is_refused(keyring: Keyring) -> None:
    with pytest.raises(ConfigurationError, match=r"The password of alerts\.email is masked"):
        from_stored(to_stored(configuration()), keyring)


def test_alerts_that_are_left_out_stay_and_empty_ones_go() -> None:
    known = configuration()
    values = to_stored(known, str)
    left_out = {name: value for name, value in values.items() if name != "alerts"}

    assert Configuration.checked(left_out).keeping(known).alerts == known.alerts
    assert Configuration.checked({**left_out, "alerts": {}}).keeping(known).alerts.channels == ()


def test_connecting_and_another_civicrm_leave_alerts_alone() -> None:
    known = configuration()
    account = Account(api_key=SecretStr(KEY))
    connected = known.with_link(Link(account="main", audience_id="bbbb", group_id=9), account)
    moved = known.with_civicrm(CivicrmSite(url="https://other.example", api_key=SecretStr("another")))

    assert connected.alerts == moved.alerts == known.alerts


def test_the_php_extensions_form_leaves_alerts_alone(keyring: Keyring) -> None:
    known = configuration()
    form = {
        "lists": {"aaaa111122": {"apiKey": KEY, "subscriptionGroup": 8}},
        "accounts": {KEY: {"apiKey": KEY, "account_name": "main"}},
    }

    values = from_extension_form(form, to_stored(known))
    assert from_stored(values, keyring, known).keeping(known).alerts == known.alerts


def test_a_change_is_told_without_the_secret() -> None:
    told = changes(
        configuration(), configuration(alerts=alerts(to=["ben@office.example"], password="another-password"))
    )

    assert told == [
        "alerts: email's password from …s-me to …word.",
        "alerts: email's to from ann@office.example to ben@office.example.",
    ]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (alerts(security="none"), "a password can't be sent unencrypted"),
        (alerts(password=None), "set both user and password"),
        (alerts(to=["Ann <ann@office.example>"]), "write an address like ann@example.org"),
        (alerts(sender="nobody"), "alerts.email, sender: write an address like"),
        (alerts(to=[]), "alerts.email.to: it must have at least this many entries: 1"),
        (alerts(port=0), "alerts.email.port"),
        ({"ping_url": "ftp://a-check-only-we-know"}, "alerts, ping_url: a URL must start with https://"),
        ({"slack": {"webhook_url": "a-way-in"}}, "alerts.slack, webhook_url: a URL must start with"),
        ({"summary": "someday"}, "alerts.summary"),
    ],
)
def test_what_cant_be_used_is_refused_without_showing_it(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configuration(alerts=said)

    assert sentence in caught.value.what
    assert "a-check-only-we-know" not in caught.value.what
    assert "a-way-in" not in caught.value.what
