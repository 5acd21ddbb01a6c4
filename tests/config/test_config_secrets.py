"""Keys are encrypted at rest, and masked wherever they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from mailchimpsync.config import (
    Configuration,
    Keyring,
    create_key_file,
    from_stored,
    from_text,
    load_settings,
    mask,
    read_keyring,
    to_stored,
    to_toml,
)
from mailchimpsync.errors import Code, ConfigurationError

KEY = "0123456789abcdef0123456789abcdef-us1"
CIVICRM_KEY = "a-long-civicrm-secret"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def configuration() -> Configuration:
    return Configuration.checked(
        {
            "civicrm": {"url": "https://crm.example", "api_key": CIVICRM_KEY},
            "accounts": {"main": {"api_key": KEY}},
            "connections": [
                {"account": "main", "audience_id": "aaaa111122", "group_id": 8, "interests": {"1111111111": 9}}
            ],
        }
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MAILCHIMPSYNC_SECRET_KEY", raising=False)
    return tmp_path


def test_what_is_stored_has_no_key_in_plain_text_and_comes_back_whole(configuration: Configuration) -> None:
    keyring = Keyring([NEW])

    stored = to_stored(configuration, keyring.encrypt)

    assert KEY not in str(stored)
    assert CIVICRM_KEY not in str(stored)
    assert from_stored(stored, keyring) == configuration


def test_a_new_secret_key_in_front_of_the_old_one_still_opens_old_secrets(configuration: Configuration) -> None:
    stored = to_stored(configuration, Keyring([OLD]).encrypt)

    assert from_stored(stored, Keyring([NEW, OLD])) == configuration


def test_another_secret_key_is_a_clear_error(configuration: Configuration) -> None:
    stored = to_stored(configuration, Keyring([OLD]).encrypt)

    with pytest.raises(ConfigurationError, match="a different secret key") as caught:
        from_stored(stored, Keyring([NEW]))

    assert caught.value.code is Code.SECRET


@pytest.mark.parametrize(
    ("secret", "shown"),
    [(KEY, "…cdef-us1"), (CIVICRM_KEY, "…cret"), ("short-us1", "…"), ("", "…")],
    ids=["a Mailchimp key", "a CiviCRM key", "a short one", "none"],
)
def test_a_mask_shows_at_most_the_end_of_a_long_secret(secret: str, shown: str) -> None:
    assert mask(secret) == shown


def test_a_masked_document_that_is_edited_and_read_again_keeps_the_stored_keys(configuration: Configuration) -> None:
    text = to_toml(to_stored(configuration)).replace("group_id = 8", "group_id = 18")

    again = from_stored(from_text(text), Keyring([NEW]), configuration)

    assert KEY not in text
    assert again.accounts == configuration.accounts
    assert again.connections[0].group_id == 18


def test_a_plain_key_in_an_edited_document_replaces_the_stored_one(configuration: Configuration) -> None:
    other = KEY.replace("us1", "us2")
    text = to_toml(to_stored(configuration)).replace("…cdef-us1", other)

    again = from_stored(from_text(text), Keyring([NEW]), configuration)

    assert again.accounts["main"].api_key.get_secret_value() == other


def test_a_mask_that_hides_no_stored_key_is_refused(configuration: Configuration) -> None:
    text = to_toml(to_stored(configuration)).replace("…cdef-us1", "…9999-us1")

    with pytest.raises(ConfigurationError, match="account “main” is masked"):
        from_stored(from_text(text), Keyring([NEW]), configuration)


def test_a_key_file_is_made_for_its_owner_only_and_never_overwritten(home: Path) -> None:
    path = home / "secret.key"
    create_key_file(path)
    first = path.read_text()
    create_key_file(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == first
    assert read_keyring(load_settings(home)).decrypt(Keyring([first.strip()]).encrypt("x")) == "x"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_is_open_to_others_is_refused(home: Path, mode: int) -> None:
    create_key_file(home / "secret.key")
    (home / "secret.key").chmod(mode)

    with pytest.raises(ConfigurationError, match="accessible to others") as caught:
        read_keyring(load_settings(home))

    assert caught.value.code is Code.SECRET


@pytest.mark.parametrize("content", ["", "not a key"], ids=["empty", "something else"])
def test_a_key_file_without_a_key_is_refused_without_showing_it(home: Path, content: str) -> None:
    create_key_file(home / "secret.key")
    (home / "secret.key").write_text(content)

    with pytest.raises(ConfigurationError) as caught:
        read_keyring(load_settings(home))

    assert caught.value.code is Code.SECRET
    assert "not a key" not in caught.value.what


def test_a_missing_key_file_is_a_clear_error(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        read_keyring(load_settings(home))


def test_the_environment_can_give_the_key_in_place_of_a_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILCHIMPSYNC_SECRET_KEY", f"{NEW} {OLD}")

    assert read_keyring(load_settings(home)).decrypt(Keyring([OLD]).encrypt("x")) == "x"


@pytest.mark.parametrize("sealed", ["masked", "encrypted"])
@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("civicrm", {"url": "https://thief.example.org"}),
        ("civicrm", {"pattern": "https://thief.example.org/{entity}/{action}"}),
        ("account", {"base_url": "https://thief.example.org/3.0"}),
    ],
)
def test_a_stored_key_goes_to_no_other_address_than_it_was_given_for(
    configuration: Configuration, sealed: str, part: str, change: dict[str, str]
) -> None:
    keyring = Keyring([NEW])
    values = to_stored(configuration, keyring.encrypt) if sealed == "encrypted" else to_stored(configuration)
    place = values["civicrm"] if part == "civicrm" else values["accounts"]["main"]
    place.update(change)

    with pytest.raises(ConfigurationError, match=r"The API key of .* was stored for a different address"):
        from_stored(values, keyring, configuration)

    for one in (values["civicrm"], values["accounts"]["main"]):
        one.update(
            {field: "0123456789abcdef0123456789abcdef-us6" for field in ("api_key", "webhook_secret") if field in one}
        )
    assert from_stored(values, keyring, configuration).accounts.keys() == {"main"}
