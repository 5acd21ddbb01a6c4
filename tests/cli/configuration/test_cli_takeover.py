"""Ann takes over from the PHP extension on the command line, and goes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.extension import MANAGED_JOB, SECRET, as_text, cache_row, setting

if TYPE_CHECKING:
    from cli.conftest import CommandLine

LIST, WALKS = "a1b2c3d4e5", "1111111111"


@pytest.fixture
def with_extension(command_line: CommandLine) -> CommandLine:
    """Ann's command line, at a CiviCRM with the PHP extension."""
    command_line.civicrm.grant(command_line.civicrm_key, "all")
    command_line.mailchimp.set_options(validate_webhooks=False)
    rows = [
        cache_row(1, LIST, "bella@example.org", civicrm_contact_id=11, groups={8: "Added"}),
        cache_row(2, LIST, None, civicrm_contact_id=14, groups={8: "Added"}, sync_status="fail"),
    ]
    config = setting(command_line.mailchimp_key, LIST, 8, {WALKS: 9})
    command_line.civicrm.install_extension(setting=as_text(config), cache=rows, jobs=[dict(MANAGED_JOB)])
    assert command_line.init().exit_code == 0
    return command_line


def takeover(ann: CommandLine, *words: str, **options: Any) -> Any:
    return ann("takeover", "--base-url", ann.mailchimp_url, *words, **options)


def job_is_on(ann: CommandLine) -> bool:
    return bool(ann.civicrm.extension.jobs[0]["is_active"] == "1")


def test_a_check_shows_what_was_understood_and_changes_nothing(with_extension: CommandLine) -> None:
    result = takeover(with_extension, "--check")

    assert result.exit_code == 0, result.output
    assert "Newsletter ↔ News  group 8" in result.stdout
    assert "Topics: Walks ↔ Walks" in result.stdout
    assert "2 rows, 1 of them in sync; both sides agreed on 1" in result.stdout
    assert "[CV_NO_ADDRESS]" in result.stdout
    assert "Scheduled job “Call Mailchimpsync.Fetchandreconcile API”: on" in result.stdout
    assert SECRET not in result.output
    assert job_is_on(with_extension)
    assert "connections" not in with_extension("config", "show").stdout


def test_without_an_answer_nothing_is_changed(with_extension: CommandLine) -> None:
    result = takeover(with_extension)

    assert result.exit_code == 7
    assert "nothing was changed" in result.stderr
    assert job_is_on(with_extension)


def test_it_is_taken_over_previewed_and_synced_only_if_ann_agrees(with_extension: CommandLine) -> None:
    first = takeover(with_extension, typed="y\nn\n")

    assert first.exit_code == 0, first.output
    assert "members taken over: 1" in first.stdout
    assert "Nothing is synced yet." in first.stdout
    assert not job_is_on(with_extension)
    assert with_extension.status()["last_sync_time"] is None

    again = takeover(with_extension, typed="y\ny\n")

    assert again.exit_code == 0, again.output
    assert "syncs automatically from now on" in again.stdout
    assert with_extension.status()["last_sync_time"] is not None
    assert "Make exactly these changes" not in takeover(with_extension, "--yes").output


def test_yes_answers_for_the_switch_and_not_for_the_first_sync(with_extension: CommandLine) -> None:
    result = takeover(with_extension, "--yes")

    assert result.exit_code == 0
    assert "Nothing is synced yet." in result.stdout
    assert not job_is_on(with_extension)


def test_ann_goes_back(with_extension: CommandLine) -> None:
    takeover(with_extension, "--yes")

    asked = with_extension("takeover", "--back")
    result = with_extension("takeover", "--back", typed="y\n")

    assert asked.exit_code == 7
    assert result.exit_code == 0, result.output
    assert "Connections that end here, with their records: Newsletter ↔ News." in result.stdout
    assert "jobs turned on: 1, webhooks made again: 0" in result.stdout
    assert job_is_on(with_extension)
    assert with_extension("takeover", "--back").exit_code == 2


def test_a_key_that_the_extension_does_not_show_is_asked_for(with_extension: CommandLine) -> None:
    config = setting("********", LIST, 8)
    with_extension.civicrm.install_extension(setting=as_text(config), jobs=[dict(MANAGED_JOB)])

    asked = takeover(with_extension, "--check")
    result = takeover(with_extension, "--check", MAILCHIMPSYNC_MAILCHIMP_KEY=with_extension.mailchimp_key)

    assert asked.exit_code == 2
    assert "Mailchimp's API key for “Green Paths” is missing" in asked.stderr
    assert result.exit_code == 0, result.output


def test_a_running_sync_of_the_extension_asks_for_patience(with_extension: CommandLine) -> None:
    with_extension.civicrm.extension.status = {LIST: {"locks": {"fetchAndReconcile": "busy"}, "crashed": False}}

    assert takeover(with_extension, "--check").exit_code == 3
    result = takeover(with_extension, "--yes")

    assert result.exit_code == 3
    assert "The PHP extension is syncing Newsletter ↔ News." in result.stderr
    assert job_is_on(with_extension)


def test_a_key_of_civicrm_without_the_permission_is_told_which(with_extension: CommandLine) -> None:
    with_extension.civicrm.grant(with_extension.civicrm_key, "smallest")

    result = takeover(with_extension, "--check")

    assert result.exit_code == 7
    assert "administer CiviCRM" in result.stderr


def test_a_database_that_can_not_be_used_is_an_error(with_extension: CommandLine) -> None:
    url = "postgresql://ann:s3cret@127.0.0.1/civicrm"

    result = takeover(with_extension, "--check", "--from-database", MAILCHIMPSYNC_EXTENSION_DATABASE=url)

    assert result.exit_code == 7
    assert "s3cret" not in result.output
    assert json.loads(with_extension("status", "--json").stdout or "[]") == []
