"""A new secret key: whenever it is stopped, the site opens, and every kept version with it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actions.dying import rotate_dying
from mailchimpsync.actions import create_site, open_site, rotate_key_file, version_of
from mailchimpsync.cli.main import cli
from mailchimpsync.config import Configuration, read_keys
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.store.site import configurations
from support.processes import Program
from support.variations import every_fourth

KEY = "0123456789abcdef0123456789abcdef-us1"
STEPS = 3


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MAILCHIMPSYNC_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A site with three versions of its configuration."""
    home = tmp_path / "site"
    with create_site(home) as site:
        for number in range(3):
            accounts = {f"account {number}": {"api_key": KEY, "webhook_secret": "a-webhook-secret"}}
            site.save(Configuration.checked({"accounts": accounts}), by="ann")
    return home


def keys_of(home: Path) -> list[str]:
    return (home / "secret.key").read_text().split()


def tokens(home: Path) -> str:
    with open_site(home) as site, site.store.begin() as tx:
        return str([one.document for one in configurations.versions(tx, 10)])


def opens(home: Path) -> bool:
    """Say whether the site and all its versions open as they were."""
    with open_site(home) as site:
        secrets = [
            account.api_key.get_secret_value()
            for number in (1, 2, 3)
            for account in version_of(site, number).accounts.values()
        ]
    return secrets == [KEY] * 3


def rotate(home: Path, **env: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), "config", "rotate-key"], env=env)


def test_everything_is_encrypted_with_a_new_key_and_the_old_one_is_gone(home: Path) -> None:
    [old], before = keys_of(home), tokens(home)

    result = rotate(home)

    [new] = keys_of(home)
    assert result.exit_code == 0, result.output
    assert new != old
    assert new not in result.output
    assert opens(home)
    assert not set(before.split("'")) & {part for part in tokens(home).split("'") if part.startswith("encrypted:")}
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert list(home.glob("secret.key*")) == [home / "secret.key"]


@pytest.mark.parametrize("steps", range(STEPS + 1))
def test_stopped_after_any_step_the_site_opens_and_another_call_completes_the_change(home: Path, steps: int) -> None:
    with open_site(home) as site:
        rotation = rotate_key_file(site)
        for _ in range(steps):
            next(rotation)

    assert opens(home)
    assert rotate(home).exit_code == 0
    assert len(keys_of(home)) == 1
    assert opens(home)


@pytest.mark.parametrize("calls", every_fourth(range(10)))
def test_killed_at_any_instant_the_site_opens(home: Path, tmp_path: Path, calls: int) -> None:
    """Before each write of the key file, and before each version that is encrypted again; the last is not killed."""
    died = Program(rotate_dying, home, calls, place=tmp_path)

    _, complaints = died.communicate(timeout=60)

    assert died.returncode == (-signal.SIGKILL if calls < 9 else 0), complaints
    assert opens(home)
    assert rotate(home).exit_code == 0
    assert len(keys_of(home)) == 1
    assert opens(home)


def test_another_process_that_has_the_site_open_continues_with_the_new_key(home: Path) -> None:
    with open_site(home) as service:
        rotate(home)
        service.save(service.configuration.model_copy(update={"accounts": {}}), by="service")
        with open_site(home) as site:
            site.save(Configuration.checked({"accounts": {"late": {"api_key": KEY}}}), by="ann")
        service.refresh()

        assert list(service.configuration.accounts) == ["late"]
    assert opens(home)


def test_a_key_file_that_others_can_read_is_not_replaced(home: Path) -> None:
    before = keys_of(home)
    (home / "secret.key").chmod(0o644)

    result = rotate(home)

    assert result.exit_code == 7
    assert "chmod 600" in result.output
    assert keys_of(home) == before


def test_a_key_file_behind_a_link_is_replaced_where_it_is(home: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.key"
    (home / "secret.key").rename(real)
    (home / "secret.key").symlink_to(real)
    before = real.read_text()

    assert rotate(home).exit_code == 0
    assert (home / "secret.key").is_symlink()
    assert real.read_text() != before
    assert opens(home)


def test_rotating_a_key_from_the_environment_takes_two_calls(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [old] = keys_of(home)
    (home / "secret.key").unlink()
    monkeypatch.setenv("MAILCHIMPSYNC_SECRET_KEY", old)

    first = rotate(home)
    new = first.stdout.split()[-1]
    assert opens(home)
    monkeypatch.setenv("MAILCHIMPSYNC_SECRET_KEY", f"{new} {old}")
    assert opens(home)
    second = rotate(home)
    assert opens(home)
    monkeypatch.setenv("MAILCHIMPSYNC_SECRET_KEY", new)

    assert "Step 1 of 2" in first.stdout
    assert second.exit_code == 0
    assert "Now set MAILCHIMPSYNC_SECRET_KEY to that key alone" in second.stdout
    assert old not in first.output + second.output
    assert opens(home)
    assert not (home / "secret.key").exists()


def test_a_version_that_can_not_be_decrypted_stops_the_rotation_before_the_old_key_is_removed(home: Path) -> None:
    before = keys_of(home)
    with open_site(home) as site:
        with site.store.begin() as tx:
            stray = {"accounts": {"lost": {"api_key": "encrypted:gAAAAABnothing"}}}
            configurations.save_configuration(tx, stray, site.runtime.now(), "ann", after=site.version)
            configurations.save_configuration(tx, {"accounts": {}}, site.runtime.now(), "ann", after=site.version + 1)
        with pytest.raises(ConfigurationError, match="a different secret key"):
            list(rotate_key_file(site))

        assert read_keys(site.settings)[-1:] == before
    assert opens(home)
