"""A site moves on the command line, with its users: out of a home into a fleet, and out of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.fleet.conftest import FleetLine
from mailchimpsync.actions import create_site
from mailchimpsync.cli.main import cli

pytestmark = pytest.mark.postgres

PASSPHRASE = {"MAILCHIMPSYNC_PASSPHRASE": "a passphrase of the tests"}


def at(home: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *words], env=PASSPHRASE)


def users_at(home: Path, *words: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(at(home, *words, "user", "list", "--json").stdout)
    return found


def test_a_home_moves_into_a_fleet_and_out_with_its_users(line: FleetLine, tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    create_site(home).close()
    assert at(home, "user", "create", "ann", "--role", "operator").exit_code == 0
    users = users_at(home)

    exported = at(home, "site", "export", str(tmp_path / "home.site"))
    imported = at(line.home, "site", "import", str(tmp_path / "home.site"), "green")
    removed = at(line.home, "site", "remove", "green", "--export", str(tmp_path / "green.site"), "--yes")
    back = at(out, "site", "import", str(tmp_path / "green.site"), "--new-home")

    assert [one.exit_code for one in (exported, imported, removed, back)] == [0, 0, 0, 0], [
        one.output for one in (exported, imported, removed, back)
    ]
    assert "1 user are" not in exported.stdout
    assert "and 1 user" in exported.stdout
    assert users_at(out) == users
    assert json.loads(line("site", "list", "--json").stdout) == []
    assert at(out, "user", "create", "bob", "--role", "viewer").exit_code == 0


def test_users_of_an_imported_site_are_its_own(line: FleetLine, tmp_path: Path) -> None:
    for name in ("green", "red"):
        line("site", "add", name)
    line.at("green", "user", "create", "ann", "--role", "operator")
    assert at(line.home, "site", "export", str(tmp_path / "green.site"), "green").exit_code == 0

    assert at(line.home, "site", "import", str(tmp_path / "green.site"), "copy").exit_code == 0

    assert users_at(line.home, "--site", "copy") == users_at(line.home, "--site", "green")
    assert users_at(line.home, "--site", "red") == []
    assert line.at("copy", "user", "create", "bob", "--role", "viewer").exit_code == 0
    assert len(users_at(line.home, "--site", "green")) == 1


def test_a_site_that_can_not_be_exported_is_not_removed(line: FleetLine, tmp_path: Path) -> None:
    line("site", "add", "green")
    (tmp_path / "there.site").touch()

    refused = at(line.home, "site", "remove", "green", "--export", str(tmp_path / "there.site"), "--yes")

    assert refused.exit_code == 2
    assert json.loads(line("site", "show", "green", "--json").stdout)["disabled_at"] is None
    assert line.at("green", "token", "list").exit_code == 0
