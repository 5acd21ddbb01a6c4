"""Ann sets up her site: `init` and `connect`, with what goes wrong."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mailchimpsync.actions import open_site
from mailchimpsync.civicrm import Group
from mailchimpsync.cli.commands.configuration.connect import _pair
from mailchimpsync.mailchimp import Interest

if TYPE_CHECKING:
    from cli.conftest import CommandLine


def test_init_makes_a_private_home_and_says_what_it_found(command_line: CommandLine) -> None:
    result = command_line.init()

    assert result.exit_code == 0
    assert f"{command_line.civicrm_url}/civicrm/ajax/api4/{{entity}}/{{action}}" in result.stdout
    assert "News (8)" in result.stdout
    assert "Everybody in town" not in result.stdout
    assert command_line.home.stat().st_mode & 0o777 == 0o700
    assert (command_line.home / "secret.key").stat().st_mode & 0o777 == 0o600


def test_init_asks_for_what_it_is_not_told(command_line: CommandLine) -> None:
    result = command_line("init", typed=f"{command_line.civicrm_url}\n{command_line.civicrm_key}\n")

    assert result.exit_code == 0
    command_line.outputs.clear()  # what she types is echoed by the test's terminal, which is none


def test_the_stored_key_is_not_in_the_database_in_plain_text(command_line: CommandLine) -> None:
    command_line.init()

    with sqlite3.connect(command_line.home / "mailchimpsync.sqlite") as database:
        document = database.execute("SELECT document FROM civicrm_mailchimpsync_configuration").fetchone()[0]
    database.close()

    assert "encrypted:" in document
    assert command_line.civicrm_key not in document


def test_init_without_an_answer_names_the_option(command_line: CommandLine) -> None:
    result = command_line("init")

    assert result.exit_code == 2
    assert "CiviCRM's address is missing. Set it with --civicrm-url" in result.stderr


def test_init_again_changes_the_key_and_keeps_connections(connected: CommandLine) -> None:
    connected.civicrm.add_user("another-good-civicrm-key")

    result = connected.init(key="another-good-civicrm-key")

    assert result.exit_code == 0
    assert 'audience_name = "Newsletter"' in connected("config", "show").stdout
    assert connected("sync").exit_code == 0


def test_init_does_not_move_a_site_to_another_database(command_line: CommandLine) -> None:
    command_line.init()
    key = {"MAILCHIMPSYNC_CIVICRM_KEY": command_line.civicrm_key}

    result = command_line(
        "init", "--civicrm-url", command_line.civicrm_url, "--database", "sqlite:///other.sqlite", **key
    )

    assert result.exit_code == 2
    assert "already has another database" in result.stderr


def test_init_puts_the_database_where_it_is_told(command_line: CommandLine) -> None:
    key = {"MAILCHIMPSYNC_CIVICRM_KEY": command_line.civicrm_key}

    result = command_line(
        "init", "--civicrm-url", command_line.civicrm_url, "--database", "sqlite:///other.sqlite", **key
    )

    assert result.exit_code == 0
    assert (command_line.home / "other.sqlite").is_file()


def test_init_with_a_wrong_key_needs_a_person(command_line: CommandLine) -> None:
    result = command_line.init(key="some-other-key")

    assert result.exit_code == 7
    assert "CV_AUTH" in result.stderr
    assert "some-other-key" not in result.output


@pytest.mark.parametrize("permissions", ["few", "none"])
def test_init_with_a_key_that_sees_nobody_says_which_permissions_it_needs(
    command_line: CommandLine, permissions: str
) -> None:
    command_line.civicrm.add_user("unprivileged-key", permissions)

    result = command_line.init(key="unprivileged-key")

    assert result.exit_code == 7
    assert "CV_NO_PERMISSION" in result.stderr
    assert "view all contacts" in result.stderr


def test_init_at_an_address_without_civicrm_says_so(command_line: CommandLine) -> None:
    command_line.civicrm.set_options(url_forms=[])

    result = command_line.init()

    assert result.exit_code == 7
    assert "CV_NOT_FOUND" in result.stderr


def test_init_finds_the_form_of_a_wordpress_site(command_line: CommandLine) -> None:
    command_line.civicrm.set_options(url_forms=["wordpress"])

    result = command_line.init()

    assert result.exit_code == 0
    assert "q=civicrm/ajax/api4/{entity}/{action}" in result.stdout


def test_connect_names_audience_group_and_interests(command_line: CommandLine) -> None:
    command_line.init()

    result = command_line.connect()

    assert result.exit_code == 0
    assert "Connected: Newsletter ↔ News" in result.stdout
    assert "Topics: Walks ↔ Walks (group 9)" in result.stdout
    assert "Topics: Cycling ↔ Cycling (group 10)" in result.stdout


def test_connect_asks_for_what_it_is_not_told(command_line: CommandLine) -> None:
    command_line.init()

    result = command_line(
        "connect", "--base-url", command_line.mailchimp_url, typed=f"{command_line.mailchimp_key}\n1\nNews\n-\n9\n"
    )
    command_line.outputs.clear()  # what she types is echoed by the test's terminal, which is none

    assert result.exit_code == 0
    assert "Topics: Walks ↔ not connected" in result.stdout
    assert "Topics: Cycling ↔ Walks (group 9)" in result.stdout


def test_connecting_again_uses_the_stored_key_and_keeps_the_interests(connected: CommandLine) -> None:
    result = connected("connect", "--audience", connected.list_id, "--group", "Other")

    assert result.exit_code == 0
    assert "Newsletter ↔ Other" in result.stdout
    assert "Topics: Walks ↔ Walks (group 9)" in result.stdout


@pytest.mark.parametrize(
    ("key", "code", "exit_code"),
    [
        ("0123456789abcdef0123456789abcdef-us6", "MC_AUTH", 7),
        ("fedcba9876543210fedcba9876543210-us7", "MC_AUTH", 7),
        ("fedcba9876543210fedcba9876543210", "MC_BAD_KEY", 7),
    ],
    ids=["wrong", "of another data centre", "cut off"],
)
def test_connect_with_a_key_that_opens_nothing_says_why(
    command_line: CommandLine, key: str, code: str, exit_code: int
) -> None:
    command_line.init()

    result = command_line.connect("--audience", command_line.list_id, "--group", "8", key=key)

    assert result.exit_code == exit_code
    assert code in result.stderr
    assert key not in result.output


@pytest.mark.parametrize(
    ("group", "code"),
    [("99", "CV_GROUP_GONE"), ("11", "CV_GROUP_SMART"), ("12", "CV_GROUP_INACTIVE")],
    ids=["missing", "smart", "disabled"],
)
def test_a_group_that_cannot_be_connected_is_refused_with_its_reason(
    command_line: CommandLine, group: str, code: str
) -> None:
    command_line.init()

    result = command_line.connect("--audience", command_line.list_id, "--group", group)

    assert result.exit_code == 7
    assert code in result.stderr
    assert "audience_id" not in command_line("config", "show").stdout


def test_a_group_used_twice_is_refused_by_name(command_line: CommandLine) -> None:
    command_line.init()

    result = command_line.connect("--audience", command_line.list_id, "--group", "8", "--interest", "Walks=8")

    assert result.exit_code == 7
    assert "is linked with the subscription group 8" in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--audience", "Newsleter"), "There is no audience “Newsleter”. Available: a1b2c3d4e5 (Newsletter)."),
        (("--audience", "Newsletter", "--group", "Newz"), "There is no subscription group “Newz”"),
        (("--audience", "Newsletter", "--group", "8", "--interest", "Walking=9"), "There is no interest “Walking”"),
        (("--audience", "Newsletter", "--group", "8", "--interest", "Walks"), "isn't of the form INTEREST=GROUP"),
        (("--group", "8"), "Audience (number, id or name) is missing. Set it with --audience"),
    ],
    ids=["audience", "group", "interest", "no equals sign", "nothing"],
)
def test_a_misspelt_choice_is_answered_with_what_there_is(
    command_line: CommandLine, words: tuple[str, ...], sentence: str
) -> None:
    command_line.init()

    result = command_line.connect(*words)

    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())


def test_connect_before_init_says_what_to_do(command_line: CommandLine) -> None:
    result = command_line.connect()

    assert result.exit_code == 7
    assert "mailchimpsync init" in result.stderr


def test_titles_of_interests_and_groups_may_have_an_equals_sign() -> None:
    interests = [Interest("aaaa111122", "Walks=Hikes", "A=B")]
    groups = [Group(9, "Walks"), Group(10, "X=Y")]

    assert _pair("Walks=Hikes=9", (), interests, groups) == ("aaaa111122", 9)
    assert _pair("A=B: Walks=Hikes=X=Y", (), interests, groups) == ("aaaa111122", 10)
    assert _pair("Walks=Hikes=", (), interests, groups) == ("aaaa111122", None)


def test_an_empty_date_is_refused_and_is_not_everything(connected: CommandLine) -> None:
    result = connected("sync", "--since", "")

    assert result.exit_code == 2
    assert "is not a date" in result.stderr


def test_the_time_zone_of_the_site_is_checked_and_kept(command_line: CommandLine) -> None:
    again = {"MAILCHIMPSYNC_CIVICRM_KEY": command_line.civicrm_key}
    unknown = command_line("init", "--civicrm-url", command_line.civicrm_url, "--time-zone", "Nowhere/City", **again)
    wrong = command_line(
        "init", "--civicrm-url", command_line.civicrm_url, "--time-zone", "Pacific/Kiritimati", **again
    )
    right = command_line("init", "--civicrm-url", command_line.civicrm_url, "--time-zone", "UTC", **again)
    command_line.init()

    assert (unknown.exit_code, wrong.exit_code, right.exit_code) == (2, 7, 0)
    assert "there is no such time zone" in unknown.stderr
    assert "CV_TIME_ZONE" in wrong.stderr
    with open_site(command_line.home) as site:
        assert site.configuration.civicrm is not None
        assert site.configuration.civicrm.time_zone == "UTC"


def test_init_again_at_the_same_address_keeps_the_web_servers_password(command_line: CommandLine) -> None:
    command_line.init()
    password = {
        "MAILCHIMPSYNC_WEB_SERVER_PASSWORD": "web-secret-of-ours",
        "MAILCHIMPSYNC_CIVICRM_KEY": command_line.civicrm_key,
    }
    given = command_line("init", "--civicrm-url", command_line.civicrm_url, "--web-server-user", "web", **password)
    assert given.exit_code == 0

    command_line.init()

    with open_site(command_line.home) as site:
        civicrm = site.configuration.civicrm
    assert civicrm is not None
    assert civicrm.web_server == ("web", "web-secret-of-ours")
    assert "web-secret-of-ours" not in "".join(command_line.outputs) + command_line("config", "show").output
