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
    from cli.conftest import Desk


def test_init_makes_a_private_home_and_says_what_it_found(desk: Desk) -> None:
    result = desk.init()

    assert result.exit_code == 0
    assert f"{desk.civicrm_url}/civicrm/ajax/api4/{{entity}}/{{action}}" in result.stdout
    assert "News (8)" in result.stdout
    assert "Everybody in town" not in result.stdout
    assert desk.home.stat().st_mode & 0o777 == 0o700
    assert (desk.home / "secret.key").stat().st_mode & 0o777 == 0o600


def test_init_asks_for_what_it_is_not_told(desk: Desk) -> None:
    result = desk("init", typed=f"{desk.civicrm_url}\n{desk.civicrm_key}\n")

    assert result.exit_code == 0
    desk.outputs.clear()  # what she types is echoed by the test's terminal, which is none


def test_the_stored_key_is_not_in_the_database_in_plain_text(desk: Desk) -> None:
    desk.init()

    with sqlite3.connect(desk.home / "mailchimpsync.sqlite") as database:
        document = database.execute("SELECT document FROM civicrm_mailchimpsync_configuration").fetchone()[0]
    database.close()

    assert "encrypted:" in document
    assert desk.civicrm_key not in document


def test_init_without_an_answer_names_the_option(desk: Desk) -> None:
    result = desk("init")

    assert result.exit_code == 2
    assert "CiviCRM's address is missing. Set it with --civicrm-url" in result.stderr


def test_init_again_changes_the_key_and_keeps_connections(connected: Desk) -> None:
    connected.civicrm.add_user("another-good-civicrm-key")

    result = connected.init(key="another-good-civicrm-key")

    assert result.exit_code == 0
    assert 'audience_name = "Newsletter"' in connected("config", "show").stdout
    assert connected("sync").exit_code == 0


def test_init_does_not_move_a_site_to_another_database(desk: Desk) -> None:
    desk.init()
    key = {"MAILCHIMPSYNC_CIVICRM_KEY": desk.civicrm_key}

    result = desk("init", "--civicrm-url", desk.civicrm_url, "--database", "sqlite:///other.sqlite", **key)

    assert result.exit_code == 2
    assert "already has another database" in result.stderr


def test_init_puts_the_database_where_it_is_told(desk: Desk) -> None:
    key = {"MAILCHIMPSYNC_CIVICRM_KEY": desk.civicrm_key}

    result = desk("init", "--civicrm-url", desk.civicrm_url, "--database", "sqlite:///other.sqlite", **key)

    assert result.exit_code == 0
    assert (desk.home / "other.sqlite").is_file()


def test_init_with_a_wrong_key_needs_a_person(desk: Desk) -> None:
    result = desk.init(key="some-other-key")

    assert result.exit_code == 7
    assert "CV_AUTH" in result.stderr
    assert "some-other-key" not in result.output


@pytest.mark.parametrize("permissions", ["few", "none"])
def test_init_with_a_key_that_sees_nobody_says_which_permissions_it_needs(desk: Desk, permissions: str) -> None:
    desk.civicrm.add_user("unprivileged-key", permissions)

    result = desk.init(key="unprivileged-key")

    assert result.exit_code == 7
    assert "CV_NO_PERMISSION" in result.stderr
    assert "view all contacts" in result.stderr


def test_init_at_an_address_without_civicrm_says_so(desk: Desk) -> None:
    desk.civicrm.set_options(url_forms=[])

    result = desk.init()

    assert result.exit_code == 7
    assert "CV_NOT_FOUND" in result.stderr


def test_init_finds_the_form_of_a_wordpress_site(desk: Desk) -> None:
    desk.civicrm.set_options(url_forms=["wordpress"])

    result = desk.init()

    assert result.exit_code == 0
    assert "q=civicrm/ajax/api4/{entity}/{action}" in result.stdout


def test_connect_names_audience_group_and_interests(desk: Desk) -> None:
    desk.init()

    result = desk.connect()

    assert result.exit_code == 0
    assert "Connected: Newsletter ↔ News" in result.stdout
    assert "Topics: Walks ↔ Walks (group 9)" in result.stdout
    assert "Topics: Cycling ↔ Cycling (group 10)" in result.stdout


def test_connect_asks_for_what_it_is_not_told(desk: Desk) -> None:
    desk.init()

    result = desk("connect", "--base-url", desk.mailchimp_url, typed=f"{desk.mailchimp_key}\n1\nNews\n-\n9\n")
    desk.outputs.clear()  # what she types is echoed by the test's terminal, which is none

    assert result.exit_code == 0
    assert "Topics: Walks ↔ not connected" in result.stdout
    assert "Topics: Cycling ↔ Walks (group 9)" in result.stdout


def test_connecting_again_uses_the_stored_key_and_keeps_the_interests(connected: Desk) -> None:
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
def test_connect_with_a_key_that_opens_nothing_says_why(desk: Desk, key: str, code: str, exit_code: int) -> None:
    desk.init()

    result = desk.connect("--audience", desk.list_id, "--group", "8", key=key)

    assert result.exit_code == exit_code
    assert code in result.stderr
    assert key not in result.output


@pytest.mark.parametrize(
    ("group", "code"),
    [("99", "CV_GROUP_GONE"), ("11", "CV_GROUP_SMART"), ("12", "CV_GROUP_INACTIVE")],
    ids=["missing", "smart", "disabled"],
)
def test_a_group_that_cannot_be_connected_is_refused_with_its_reason(desk: Desk, group: str, code: str) -> None:
    desk.init()

    result = desk.connect("--audience", desk.list_id, "--group", group)

    assert result.exit_code == 7
    assert code in result.stderr
    assert "audience_id" not in desk("config", "show").stdout


def test_a_group_used_twice_is_refused_by_name(desk: Desk) -> None:
    desk.init()

    result = desk.connect("--audience", desk.list_id, "--group", "8", "--interest", "Walks=8")

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
def test_a_misspelt_choice_is_answered_with_what_there_is(desk: Desk, words: tuple[str, ...], sentence: str) -> None:
    desk.init()

    result = desk.connect(*words)

    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())


def test_connect_before_init_says_what_to_do(desk: Desk) -> None:
    result = desk.connect()

    assert result.exit_code == 7
    assert "mailchimpsync init" in result.stderr


def test_titles_of_interests_and_groups_may_have_an_equals_sign() -> None:
    interests = [Interest("aaaa111122", "Walks=Hikes", "A=B")]
    groups = [Group(9, "Walks"), Group(10, "X=Y")]

    assert _pair("Walks=Hikes=9", (), interests, groups) == ("aaaa111122", 9)
    assert _pair("A=B: Walks=Hikes=X=Y", (), interests, groups) == ("aaaa111122", 10)
    assert _pair("Walks=Hikes=", (), interests, groups) == ("aaaa111122", None)


def test_an_empty_date_is_refused_and_is_not_everything(connected: Desk) -> None:
    result = connected("sync", "--since", "")

    assert result.exit_code == 2
    assert "is not a date" in result.stderr


def test_the_time_zone_of_the_site_is_checked_and_kept(desk: Desk) -> None:
    again = {"MAILCHIMPSYNC_CIVICRM_KEY": desk.civicrm_key}
    unknown = desk("init", "--civicrm-url", desk.civicrm_url, "--time-zone", "Nowhere/City", **again)
    wrong = desk("init", "--civicrm-url", desk.civicrm_url, "--time-zone", "Pacific/Kiritimati", **again)
    right = desk("init", "--civicrm-url", desk.civicrm_url, "--time-zone", "UTC", **again)
    desk.init()

    assert (unknown.exit_code, wrong.exit_code, right.exit_code) == (2, 7, 0)
    assert "there is no such time zone" in unknown.stderr
    assert "CV_TIME_ZONE" in wrong.stderr
    with open_site(desk.home) as site:
        assert site.configuration.civicrm is not None
        assert site.configuration.civicrm.time_zone == "UTC"


def test_init_again_at_the_same_address_keeps_the_web_servers_password(desk: Desk) -> None:
    desk.init()
    password = {
        "MAILCHIMPSYNC_WEB_SERVER_PASSWORD": "web-secret-of-ours",
        "MAILCHIMPSYNC_CIVICRM_KEY": desk.civicrm_key,
    }
    given = desk("init", "--civicrm-url", desk.civicrm_url, "--web-server-user", "web", **password)
    assert given.exit_code == 0

    desk.init()

    with open_site(desk.home) as site:
        civicrm = site.configuration.civicrm
    assert civicrm is not None
    assert civicrm.web_server == ("web", "web-secret-of-ours")
    assert "web-secret-of-ours" not in "".join(desk.outputs) + desk("config", "show").output
