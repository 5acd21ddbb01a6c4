"""Ann looks at what changed, goes back to an earlier version, edits, and removes an audience on purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import Result

from mailchimpsync.actions import export_configuration, import_configuration, open_site
from mailchimpsync.errors import ConfigurationError
from support.mailchimp_admin import delete_interest

if TYPE_CHECKING:
    from cli.conftest import CommandLine

WALKS = "1111111111"


def shown(command_line: CommandLine) -> str:
    return command_line("config", "show").stdout


def take_in(command_line: CommandLine, text: str, *words: str) -> Result:
    return command_line("config", "import", "-", *words, typed=text)


def without_connections(command_line: CommandLine) -> str:
    return shown(command_line).partition("[[connections]]")[0]


def in_one_line(text: str) -> str:
    return " ".join(text.split())


# -- history and diff --------------------------------------------------------------------------------------------------


def test_history_says_who_changed_what_and_when(connected: CommandLine) -> None:
    take_in(connected, shown(connected).replace('resubscribe = "ask"', 'resubscribe = "never"'))

    text = connected("config", "history").stdout

    assert "Version 3  20" in text
    assert "UTC  by " in text
    assert "connection of audience “a1b2c3d4e5” (Newsletter ↔ News): resubscribe from ask to never." in text
    assert "connection of audience “a1b2c3d4e5” (Newsletter ↔ News): new, with subscription group “News”" in text
    assert "CiviCRM: new." in text
    assert text.index("Version 3") < text.index("Version 1")


def test_history_can_be_cut_short(connected: CommandLine) -> None:
    text = connected("config", "history", "--limit", "1").stdout

    assert "Version 2" in text
    assert "Version 1 " not in text


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "resubscribe from ask to never."),
        (("2", "3"), "resubscribe from ask to never."),
        (("3", "2"), "resubscribe from never to ask."),
        (("1",), "new, with subscription group “News”"),
        (("3",), "No differences."),
    ],
    ids=["the last change", "two versions", "backwards", "one to the newest", "the newest to itself"],
)
def test_diff_compares_versions(connected: CommandLine, words: tuple[str, ...], line: str) -> None:
    take_in(connected, shown(connected).replace('resubscribe = "ask"', 'resubscribe = "never"'))

    assert line in connected("config", "diff", *words).stdout


def test_diff_of_a_file_says_what_importing_it_would_change_and_delete(connected: CommandLine, tmp_path: Path) -> None:
    connected("sync")
    file = tmp_path / "edited.toml"
    file.write_text(without_connections(connected))

    text = in_one_line(connected("config", "diff", str(file)).stdout)

    assert "connection of audience “a1b2c3d4e5” (Newsletter ↔ News): removed." in text
    assert "would delete the records of Newsletter ↔ News (a1b2c3d4e5): 5 rows, " in text
    assert connected.status()["rows"]


@pytest.mark.parametrize("word", ["99", "no-such-file.toml"])
def test_what_is_neither_version_nor_file_is_told(connected: CommandLine, word: str) -> None:
    result = connected("config", "diff", word)

    assert result.exit_code == 2
    assert word in result.stderr


# -- going back --------------------------------------------------------------------------------------------------------


def test_an_earlier_version_comes_back_as_a_new_one(connected: CommandLine) -> None:
    before = shown(connected)
    take_in(connected, before.replace('resubscribe = "ask"', 'resubscribe = "never"'))

    result = connected("config", "restore", "2")

    assert result.exit_code == 0
    assert "Saved as version 4" in result.stdout
    assert shown(connected) == before
    assert connected("sync").exit_code == 0


def test_going_back_to_before_a_connection_asks_first(connected: CommandLine) -> None:
    connected("sync")

    refused = connected("config", "restore", "1", typed="n\n")
    kept = shown(connected)
    agreed = connected("config", "restore", "1", typed="y\n")

    assert refused.exit_code == 7
    assert "5 rows" in refused.stderr
    assert "[[connections]]" in kept
    assert agreed.exit_code == 0
    assert "deleted for a1b2c3d4e5: 5 rows" in agreed.stdout
    assert "[[connections]]" not in shown(connected)


def test_an_earlier_version_is_checked_like_a_new_one(connected: CommandLine) -> None:
    connected("connect", "--audience", connected.list_id, "--interest", "Walks=")
    delete_interest(connected.mailchimp_url, connected.mailchimp_key, connected.list_id, WALKS)

    result = connected("config", "restore", "2")

    assert result.exit_code == 7
    assert f"doesn't have the interest “{WALKS}”" in result.stderr
    assert WALKS not in shown(connected)


# -- import and export -------------------------------------------------------------------------------------------------


def test_an_import_that_would_delete_does_it_only_with_yes(connected: CommandLine) -> None:
    connected("sync")
    text = without_connections(connected)

    refused = take_in(connected, text)
    still_there = connected.status()["rows"]
    agreed = take_in(connected, text, "--yes")

    assert refused.exit_code == 7
    assert "Newsletter ↔ News (a1b2c3d4e5): 5 rows" in in_one_line(refused.stderr)
    assert sum(still_there.values()) == 5
    assert agreed.exit_code == 0
    assert "deleted for a1b2c3d4e5: 5 rows" in agreed.stdout


def test_json_goes_out_and_comes_in_as_well(connected: CommandLine) -> None:
    document = json.loads(connected("config", "export", "--format", "json").stdout)
    document["connections"][0]["schedule"] = {"quiet": "22:00-06:00"}

    result = take_in(connected, json.dumps(document))

    assert result.exit_code == 0
    assert "schedule's quiet from nothing to 22:00-06:00." in result.stdout


def test_an_interest_that_mailchimp_has_no_longer_is_refused_unless_told_not_to_look(connected: CommandLine) -> None:
    delete_interest(connected.mailchimp_url, connected.mailchimp_key, connected.list_id, WALKS)
    text = shown(connected).replace('resubscribe = "ask"', 'resubscribe = "never"')

    refused = take_in(connected, text)
    unchecked = take_in(connected, text, "--no-check")

    assert refused.exit_code == 7
    assert f"doesn't have the interest “{WALKS}”" in refused.stderr
    assert unchecked.exit_code == 0


# -- edit --------------------------------------------------------------------------------------------------------------


def editor(tmp_path: Path, *scripts: str) -> str:
    """An editor that makes one change each time it is opened, by `sed`."""
    for number, script in enumerate(scripts):
        (tmp_path / f"{number}.sed").write_text(script + "\n")
    program = tmp_path / "editor"
    program.write_text(
        f'#!/bin/sh\nn=$(ls {tmp_path}/*.sed | head -1)\nsed -i -f "$n" "$1"\nrm "$n"\ntouch -d "+2 sec" "$1"\n'
    )
    program.chmod(0o755)
    return str(program)


def test_edit_saves_what_the_editor_leaves(connected: CommandLine, tmp_path: Path) -> None:
    result = connected("config", "edit", EDITOR=editor(tmp_path, 's/"ask"/"never"/'), VISUAL="")

    assert result.exit_code == 0, result.output
    assert "resubscribe from ask to never." in result.stdout
    assert 'resubscribe = "never"' in shown(connected)


def test_edit_shows_problems_and_saves_when_they_are_fixed(connected: CommandLine, tmp_path: Path) -> None:
    program = editor(tmp_path, 's/"ask"/"sometimes"/', 's/"sometimes"/"never"/')

    result = connected("config", "edit", typed="y\n", EDITOR=program, VISUAL="")

    assert "connections.1.resubscribe" in result.stderr
    assert result.exit_code == 0
    assert 'resubscribe = "never"' in shown(connected)


def test_edit_given_up_with_problems_saves_nothing(connected: CommandLine, tmp_path: Path) -> None:
    before = shown(connected)

    result = connected("config", "edit", typed="n\n", EDITOR=editor(tmp_path, 's/"ask"/"sometimes"/'), VISUAL="")

    assert result.exit_code == 7
    assert shown(connected) == before


def test_an_editor_left_without_saving_changes_nothing(connected: CommandLine) -> None:
    result = connected("config", "edit", EDITOR="true", VISUAL="")

    assert result.exit_code == 0
    assert "Nothing was changed" in result.stdout
    assert "Version 3" not in connected("config", "history").stdout


def test_what_someone_else_saves_meanwhile_is_not_undone(connected: CommandLine) -> None:
    with open_site(connected.home) as site:
        text = export_configuration(site).replace('"ask"', '"never"')
        connected("connect", "--audience", connected.list_id, "--group", "Other")
        with pytest.raises(ConfigurationError, match="Someone else has saved"):
            import_configuration(site, text, by="ann")

    assert "group_id = 13" in shown(connected)
    assert 'resubscribe = "ask"' in shown(connected)
