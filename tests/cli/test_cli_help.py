"""The help of every command, and the errors without a site."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mailchimpsync import __version__
from mailchimpsync.cli.main import COMMANDS, cli
from mailchimpsync.errors import REGISTRY, Code


def test_help_lists_every_command_and_the_exit_codes() -> None:
    text = CliRunner().invoke(cli, ["--help"]).stdout

    for name in COMMANDS:
        assert f"  {name} " in text
    for code in (
        "0    done",
        "2    invalid command line",
        "3    not finished",
        "7    needs a person",
        "130  interrupted",
    ):
        assert code in text


def test_the_version_is_an_option_and_a_command() -> None:
    for words in (["--version"], ["version"]):
        assert CliRunner().invoke(cli, words).stdout == f"mailchimpsync {__version__}\n"


@pytest.mark.parametrize(("typed", "meant"), [(["statsu"], "status"), (["config", "hisotry"], "history")])
def test_a_mistyped_command_brings_a_suggestion(typed: list[str], meant: str) -> None:
    result = CliRunner().invoke(cli, typed)

    assert result.exit_code == 2
    assert f"Did you mean '{meant}'?" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_of_its_own(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])

    assert result.exit_code == 0
    assert f"Usage: cli {name}" in result.stdout


@pytest.mark.parametrize("code", Code)
def test_every_code_is_explained(code: Code) -> None:
    result = CliRunner().invoke(cli, ["explain-code", code.lower()])

    assert result.exit_code == 0
    assert code in result.stdout
    assert REGISTRY[code].cause.split()[0] in result.stdout


def test_an_unknown_code_is_answered_with_the_known_ones() -> None:
    result = CliRunner().invoke(cli, ["explain-code", "MC_ATUH"])

    assert result.exit_code == 2
    assert "MC_AUTH" in result.stderr


def test_version_says_it() -> None:
    assert CliRunner().invoke(cli, ["version"]).stdout == f"mailchimpsync {__version__}\n"


@pytest.mark.parametrize("words", [["sync"], ["status"], ["migrate"], ["config", "show"]], ids=" ".join)
def test_without_a_site_a_command_says_how_to_make_one(tmp_path: Path, words: list[str]) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path), *words])

    assert result.exit_code == 7
    assert "run `mailchimpsync init`" in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_an_old_database_asks_for_migrate_and_migrate_helps(tmp_path: Path) -> None:
    (tmp_path / "mailchimpsync.toml").touch()
    (tmp_path / "secret.key").touch(mode=0o600)
    (tmp_path / "secret.key").write_text("7yTy8qVz3yRr5yYv5uXl2mX9Gm0b0y1p3b9m1mN4c0o=\n")
    home = ["--home", str(tmp_path)]

    before = CliRunner().invoke(cli, [*home, "status"])
    assert (before.exit_code, "STORE_OLD" in before.stderr) == (1, True)
    assert CliRunner().invoke(cli, [*home, "migrate"]).exit_code == 0
    after = CliRunner().invoke(cli, [*home, "status"])
    assert (after.exit_code, "mailchimpsync connect" in after.stderr) == (7, True)
