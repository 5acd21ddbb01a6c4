"""Ann makes and revokes tokens by command."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from mailchimpsync.actions import create_site, open_site
from mailchimpsync.actions.configuration.tokens import PREFIX
from mailchimpsync.cli.main import cli
from mailchimpsync.store.schema import token


@pytest.fixture
def home(tmp_path: Path) -> Path:
    create_site(tmp_path).close()
    return tmp_path


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), "token", *words])


def test_a_token_is_shown_once_and_only_its_hash_is_kept(home: Path) -> None:
    made = run(home, "create", "the cron job", "--scope", "run")
    text = made.stdout.strip()

    assert made.exit_code == 0
    assert text.startswith(PREFIX)
    assert text not in run(home, "list").output
    with open_site(home) as site, site.store.begin() as tx:
        [row] = tx.execute(select(token)).mappings()
    assert text not in "".join(map(str, row.values()))


def test_no_two_tokens_are_alike(home: Path) -> None:
    assert run(home, "create", "one", "--scope", "read").stdout != run(home, "create", "one", "--scope", "read").stdout


def test_the_list_says_what_each_token_is_for(home: Path) -> None:
    run(home, "create", "cron", "--scope", "run", "--expires-in-days", "30")
    run(home, "create", "Bella's notebook", "--scope", "read")
    run(home, "revoke", "2")

    shown = run(home, "list").stdout.splitlines()

    assert shown[1].split()[:4] == ["1", "cron", "run", "valid"]
    assert "Bella's notebook" in shown[2]
    assert "revoked" in shown[2]


def test_an_empty_list_says_how_to_make_one(home: Path) -> None:
    assert "mailchimpsync token create" in run(home, "list").stdout


def test_revoking_a_token_there_is_not_fails(home: Path) -> None:
    for number in ("7", "0", str(10**30)):
        refused = run(home, "revoke", number)

        assert refused.exit_code == 2
        assert f"There is no token {number}" in refused.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["create", " ", "--scope", "read"], "1 to 100 printable characters"),
        (["create", "x" * 101, "--scope", "read"], "1 to 100 printable characters"),
        (["create", "tab\there", "--scope", "read"], "printable"),
        (["create", "cron", "--scope", "read", "--expires-in-days", "0"], "1 to 3650 days"),
        (["create", "cron", "--scope", "read", "--expires-in-days", "99999999999"], "1 to 3650 days"),
        (["create", "cron", "--scope", "everything"], "Invalid value for '--scope'"),
        (["create", "cron"], "Missing option '--scope'"),
    ],
)
def test_what_makes_no_sense_is_refused(home: Path, words: list[str], why: str) -> None:
    refused = run(home, *words)

    assert refused.exit_code == 2
    assert why in refused.stderr
