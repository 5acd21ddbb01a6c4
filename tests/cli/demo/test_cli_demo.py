"""Someone who has never seen the product runs the demo."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner, Result

from mailchimpsync.cli.main import cli

PROGRAM = [sys.executable, "-c", "from mailchimpsync.cli.main import main; main()"]


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """Home and temporary directories of their own."""
    (tmp_path / "tmp").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILCHIMPSYNC_")}
    places = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "TMPDIR": str(tmp_path / "tmp")}
    return kept | places


@pytest.fixture
def tidied(surroundings: dict[str, str]) -> Iterator[dict[str, str]]:
    """The same, where whatever a demo left running is stopped."""
    yield surroundings
    here(surroundings, "demo", "--stop")


def here(surroundings: dict[str, str], *words: str) -> Result:
    """Call a command without a process of its own."""
    return CliRunner().invoke(cli, words, env=surroundings)


def run(surroundings: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 (our own program)
        [*PROGRAM, *words],
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.thorough
def test_the_demo_ends_with_both_sides_in_agreement_and_leaves_nothing(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    done = run(surroundings, "demo", "--people", "300")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ All differences have a known reason." in done.stdout
    assert done.stdout.index("The first sync") < done.stdout.index("Changes on both sides")
    assert done.stdout.count("Can't be synced") == 2
    assert "\x1b" not in done.stdout
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.thorough
def test_a_demo_that_is_kept_can_be_gone_on_with_and_stopped(tidied: dict[str, str], tmp_path: Path) -> None:
    kept = run(tidied, "demo", "--people", "100", "--keep")
    assert kept.returncode == 0, kept.stdout + kept.stderr
    home = re.findall(r"export MAILCHIMPSYNC_HOME=(\S+)", kept.stdout)[0]
    url = re.findall(r"CiviCRM is at (\S+),", kept.stdout)[0]

    status = here(tidied | {"MAILCHIMPSYNC_HOME": home}, "status")
    synced = here(tidied | {"MAILCHIMPSYNC_HOME": home}, "sync")
    again = here(tidied, "demo", "--keep")
    stopped = here(tidied, "demo", "--stop")

    assert re.search(r"in sync, but \d+ people can't be synced", status.stdout)
    assert (synced.exit_code, "Changes: none" in synced.stdout) == (0, True)
    assert (again.exit_code, "A demo is already running" in again.stderr) == (2, True)
    assert stopped.exit_code == 0
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


@pytest.mark.thorough
def test_both_stand_ins_can_be_started_for_someone_to_connect_them(tidied: dict[str, str]) -> None:
    started = run(tidied, "demo", "--people", "100", "--unconnected")
    civicrm, mailchimp = re.findall(r"http://\S+", started.stdout)
    keys = re.findall(r"API key  (\S+)", started.stdout)

    connected = here(tidied | {"MAILCHIMPSYNC_CIVICRM_KEY": keys[0]}, "init", "--civicrm-url", civicrm)
    members = httpx2.get(f"{mailchimp}/lists", auth=("anybody", keys[1])).json()

    assert started.returncode == 0, started.stdout + started.stderr
    assert "Mailing groups that can be connected" in connected.stdout
    assert members["total_items"] == 1


def test_there_is_nothing_to_stop_where_nothing_runs(surroundings: dict[str, str]) -> None:
    done = here(surroundings, "demo", "--stop")

    assert done.exit_code == 2
    assert "No demo is running." in done.stderr
