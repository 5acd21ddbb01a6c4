"""Which home is meant, and what its settings file says."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from mailchimpsync.config import Settings, find_home, load_settings, protect_database, write_settings
from mailchimpsync.errors import ConfigurationError


@pytest.fixture(autouse=True)
def quiet_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAILCHIMPSYNC_HOME", "MAILCHIMPSYNC_DATABASE", "MAILCHIMPSYNC_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))
    monkeypatch.chdir(tmp_path)


def test_a_given_home_comes_before_the_environment_and_that_before_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_home() == tmp_path / "ann" / ".mailchimpsync"
    (tmp_path / "mailchimpsync.toml").touch()
    assert find_home() == tmp_path
    monkeypatch.setenv("MAILCHIMPSYNC_HOME", str(tmp_path / "named"))
    assert find_home() == tmp_path / "named"
    assert find_home(Path("given")) == tmp_path / "given"


def test_a_new_home_has_its_database_and_key_in_itself_and_is_private(tmp_path: Path) -> None:
    home = tmp_path / "site"
    write_settings(home)

    settings = load_settings(home)

    assert home.stat().st_mode & 0o777 == 0o700
    assert settings.is_initialised
    assert settings.database_url == f"sqlite:///{home}/mailchimpsync.sqlite"
    assert settings.key_path == home / "secret.key"


def test_a_home_nobody_made_is_not_initialised(tmp_path: Path) -> None:
    assert not load_settings(tmp_path).is_initialised


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("postgresql://ann:pw@db/site", "postgresql://ann:pw@db/site"),
        ("sqlite:////var/lib/site.sqlite", "sqlite:////var/lib/site.sqlite"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///other.sqlite", "sqlite:///{home}/other.sqlite"),
    ],
)
def test_only_a_relative_sqlite_file_is_taken_into_the_home(tmp_path: Path, url: str, meant: str) -> None:
    (tmp_path / "mailchimpsync.toml").write_text(f'database = "{url}"\n')

    assert load_settings(tmp_path).database_url == meant.format(home=tmp_path)


def test_the_environment_comes_before_the_file_and_a_database_password_never_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mailchimpsync.toml").write_text('database = "sqlite:///other.sqlite"\n')
    monkeypatch.setenv("MAILCHIMPSYNC_DATABASE", "postgresql://ann:hidden@db/site")

    settings = load_settings(tmp_path)

    assert settings.database_url == "postgresql://ann:hidden@db/site"
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("database = ", "isn't valid TOML"), ("databse = 'x'", "databse: this name isn't known")],
    ids=["broken", "misspelt"],
)
def test_a_settings_file_that_cannot_be_used_is_a_clear_error(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "mailchimpsync.toml").write_text(text)

    with pytest.raises(ConfigurationError, match=problem):
        load_settings(tmp_path)


def test_an_existing_settings_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mailchimpsync.toml").write_text("# mine\n")

    write_settings(tmp_path, "sqlite:///other.sqlite")

    assert (tmp_path / "mailchimpsync.toml").read_text() == "# mine\n"


def test_an_empty_variable_of_the_environment_counts_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILCHIMPSYNC_DATABASE", "")
    monkeypatch.setenv("MAILCHIMPSYNC_LISTEN", "")

    settings = load_settings(tmp_path)

    assert settings.listen == "127.0.0.1:8321"
    assert not settings.is_initialised


def test_a_message_about_a_setting_shows_no_regular_expression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILCHIMPSYNC_LISTEN", "nowhere")

    with pytest.raises(ConfigurationError, match="listen: it doesn't have the required form"):
        load_settings(tmp_path)


def test_a_database_in_an_open_directory_is_its_owners_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "open.sqlite").touch(mode=0o644)
    for name in ("new.sqlite", "open.sqlite"):
        protect_database(Settings(home=tmp_path, database=SecretStr(f"sqlite:///{name}")))

        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
