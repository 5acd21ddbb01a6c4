"""Ann, and her scripts, call actions from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mailchimpsync.actions.api.description import ACTIONS

if TYPE_CHECKING:
    from cli.conftest import CommandLine

GET = "MailchimpsyncCache.get"


def envelope(output: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output)
    return found


def test_alone_it_lists_all_actions_with_what_they_do(command_line: CommandLine) -> None:
    result = command_line("api")

    assert result.exit_code == 0
    for title, one in ACTIONS.items():
        assert f"  {title}" in result.stdout
        assert " ".join(one.summary.split())[:20] in " ".join(result.stdout.split())


@pytest.mark.parametrize("title", sorted(ACTIONS))
def test_every_action_explains_itself_and_its_parameters(command_line: CommandLine, title: str) -> None:
    result = command_line("api", title, "--help")

    words = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert f"mailchimpsync api {title} [key=value …]" in words
    assert f"scope `{ACTIONS[title].scope}`" in words
    for field in ACTIONS[title].parameters.model_fields.values():
        assert field.description, f"{title} has a parameter without a description"
        assert " ".join(field.description.split()) in words


def test_help_tells_types_defaults_and_other_names(command_line: CommandLine) -> None:
    words = " ".join(command_line("api", "mailchimpsync.GETSTATUS", "-h").stdout.split())

    assert "Default: all connections. (whole number; also called id)" in words
    assert "after asking Mailchimp about them. (yes or no; default false)" in words
    assert "Fails if: no such group." in words
    words = " ".join(command_line("api", GET, "-h").stdout.split())
    assert "mailchimp_list_id The audience. Default: all connected audiences. (text or filter)" in words
    assert "(whole number or filter)" in words


def test_values_are_text_and_what_they_mean_is_the_actions_business(connected: CommandLine) -> None:
    connected("sync")

    found = envelope(connected("api", GET, f"mailchimp_list_id={connected.list_id}", "limit=2", "sort=id DESC").stdout)

    assert (found["is_error"], found["version"], found["count"]) == (0, 3, 2)
    assert found["values"][0]["id"] > found["values"][1]["id"]


def test_dots_lead_into_objects_and_a_colon_says_json(connected: CommandLine) -> None:
    connected("sync")
    words = ("options.limit=1", "options.offset:=1", 'mailchimp_status:={"IN": ["subscribed"]}')

    found = envelope(connected("api", GET, f"mailchimp_list_id={connected.list_id}", *words).stdout)

    assert [row["mailchimp_email"] for row in found["values"]] == ["dora@example.org"]


def test_an_operator_can_be_a_part_of_the_key(connected: CommandLine) -> None:
    connected("sync")

    found = envelope(
        connected("api", GET, f"mailchimp_list_id={connected.list_id}", "mailchimp_email.LIKE=%bella%").stdout
    )

    assert [row["mailchimp_email"] for row in found["values"]] == ["bella@example.org"]


@pytest.mark.parametrize("by_input", [False, True])
def test_all_parameters_may_come_as_json(connected: CommandLine, by_input: bool) -> None:
    connected("sync")
    given = json.dumps({"mailchimp_list_id": connected.list_id, "options": {"is_count": 1}})

    result = connected("api", GET, "--json", "-" if by_input else given, "mailchimp_status=subscribed", typed=given)

    assert envelope(result.stdout)["values"] == 3


def test_an_error_is_told_in_the_envelope_and_by_the_exit_code(connected: CommandLine) -> None:
    result = connected("api", GET, "mailchimp_list_id=zzz")

    found = envelope(result.stdout)
    assert (result.exit_code, found["is_error"], found["error_code"]) == (2, 1, "UNKNOWN")
    assert "The audience zzz is not connected" in found["error_message"]


def test_an_action_there_is_not_names_those_there_are(connected: CommandLine) -> None:
    for name in ("Mailchimpsync.dance", "dance"):
        found = envelope(connected("api", name).stdout)

        assert found["error_code"] == "UNKNOWN"
        assert "Mailchimpsync.getstatus" in found["error_message"]
    assert connected("api", "Mailchimpsync.dance", "--help").exit_code == 2


def test_a_site_that_is_not_there_is_told_in_the_envelope_too(command_line: CommandLine) -> None:
    result = command_line("api", "Mailchimpsync.getstatus")

    assert (result.exit_code, envelope(result.stdout)["error_code"]) == (7, "CONFIG")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["limit"], "“limit” isn't key=value"),
        (["=3"], "“=3” isn't key=value"),
        (["limit:=three"], "not valid JSON"),
        (["limit=1", "limit.x=2"], "limit already has a value"),
        (["--json", "[1]"], "expected an object"),
        (["--json", "{"], "not valid JSON"),
        (["--json", "[" * 100_000], "not valid JSON"),
    ],
)
def test_words_that_can_not_be_read_are_refused(command_line: CommandLine, words: list[str], told: str) -> None:
    result = command_line("api", GET, *words)

    assert result.exit_code == 2
    assert told in result.stderr


def test_importing_the_package_and_asking_for_help_load_no_database() -> None:
    code = (
        "import sys, mailchimpsync; from mailchimpsync import errors; import mailchimpsync.cli.main as m;"
        "m.cli.main(['--help'], standalone_mode=False); sys.exit('sqlalchemy' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0  # noqa: S603 (our own program)


def test_parameters_come_as_json_on_standard_input_or_as_a_word_as_with_cv(connected: CommandLine) -> None:
    asked = '{"group_id": 8}'

    answers = [
        connected("api", "--in=json", "--out=json", "Mailchimpsync.getstatus", typed=asked),
        connected("api", "Mailchimpsync.getstatus", asked),
        connected("api", "Mailchimpsync.getstatus", "group_id=8", "--out=json-pretty"),
    ]

    assert [json.loads(one.stdout)["is_error"] for one in answers] == [0, 0, 0]
    assert answers[0].stdout.count("\n") == 1
    assert len({json.dumps(json.loads(one.stdout)["count"]) for one in answers}) == 1
    assert connected("api", "Mailchimpsync.getstatus", "--in=json", typed="[]").exit_code == 2
