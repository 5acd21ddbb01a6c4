"""`alerts` shows open problems, and mails are sent although no service runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from mailchimpsync.actions import open_site
from mailchimpsync.config import Alerts, Email, Slack
from support.alert_receivers import MailServer, served_mail_server

if TYPE_CHECKING:
    from cli.conftest import CommandLine

SLACK_URL = "http://127.0.0.1:9/services/a-way-in"


@pytest.fixture
def mailbox(connected: CommandLine) -> Iterator[MailServer]:
    """Ann's mailbox, where alerts of her site arrive."""
    with served_mail_server() as mailbox:
        email = Email(
            host="127.0.0.1",
            port=mailbox.port,
            security="none",
            sender="sync@site.example",
            to=("ann@office.example",),
        )
        tell(connected, Alerts(email=email, summary="never"))
        yield mailbox


def tell(command_line: CommandLine, alerts: Alerts) -> None:
    with open_site(command_line.home) as site:
        site.save(site.configuration.model_copy(update={"alerts": alerts}), "ann")


def disable_the_group(command_line: CommandLine, *, active: bool = False) -> None:
    command_line.civicrm.call("Group", "update", {"where": [["id", "=", 8]], "values": {"is_active": active}})


def test_a_sync_by_cron_tells_at_its_end(connected: CommandLine, mailbox: MailServer) -> None:
    disable_the_group(connected)
    for _ in range(2):
        assert connected("sync").exit_code == 7
    disable_the_group(connected, active=True)
    connected("sync")

    title = "Newsletter ↔ News: the sync failed (CV_GROUP_INACTIVE)"
    assert [subject.partition("] ")[2] for subject in mailbox.subjects] == [title, f"Resolved: {title}"]


def test_a_channel_that_does_not_work_changes_nothing_about_a_sync(connected: CommandLine, mailbox: MailServer) -> None:
    mailbox.broken = True
    disable_the_group(connected)
    connected("sync")
    disable_the_group(connected, active=True)
    result = connected("sync")

    assert result.exit_code == 0
    assert "done; both sides agree" in result.stdout
    assert result.stderr == ""


def test_alerts_that_cant_be_looked_after_fail_no_sync(connected: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object, **_more: object) -> None:
        raise ZeroDivisionError("bella@example.org")

    monkeypatch.setattr("mailchimpsync.cli.alert_delivery.watch", fail)
    result = connected("sync")

    assert result.exit_code == 0
    assert result.stderr == "Alerts couldn't be sent (ZeroDivisionError). The next sync tries again.\n"


def test_what_is_wrong_is_listed_until_it_is_over(connected: CommandLine, mailbox: MailServer) -> None:
    assert connected("alerts", "list").output == "There are no open problems.\n"
    disable_the_group(connected)
    connected("sync")
    listed = connected("alerts", "list").output
    known = connected("alerts", "ack", "1")
    after = connected("alerts", "list").output
    disable_the_group(connected, active=True)
    connected("sync")

    assert "! 1  Newsletter ↔ News: the sync failed (CV_GROUP_INACTIVE)\n" in listed
    assert "; sent 1 time.\n" in listed
    assert "→ " in listed
    assert (
        known.output == "✓ Alert 1 is acknowledged. There are no more reminders, only a message when it is resolved.\n"
    )
    assert "; acknowledged by " in after
    assert connected("alerts", "list").output == "There are no open problems.\n"
    [found] = json.loads(connected("alerts", "list", "--all", "--json").stdout)
    assert found["recovered_at"]
    assert connected("alerts", "list", "--all").output.startswith("✓ 1  ")


def test_what_is_not_there_cant_be_known(connected: CommandLine) -> None:
    result = connected("alerts", "ack", "9")
    assert result.exit_code == 2
    assert "There is no alert 9" in result.stderr


def test_a_test_tells_of_every_channel(connected: CommandLine, mailbox: MailServer) -> None:
    well = connected("alerts", "test")
    tell(connected, Alerts(slack=Slack(webhook_url=SecretStr(SLACK_URL))))
    ill = connected("alerts", "test")
    shown = connected("config", "show").output

    assert (well.exit_code, ill.exit_code) == (0, 7)
    assert "E-mail" in well.output
    assert mailbox.subjects[-1].endswith("Test message")
    assert "The message wasn't accepted: ConnectError." in ill.output
    assert not [said for said in (well.output, ill.output, shown) if "a-way-in" in said]


def test_without_a_channel_a_test_says_how_to_get_one(connected: CommandLine) -> None:
    result = connected("alerts", "test")
    assert result.exit_code == 0
    assert "No one is alerted when something goes wrong." in result.output
    assert "mailchimpsync config edit" in result.output


def test_over_the_api_a_problem_is_got_and_known(connected: CommandLine) -> None:
    disable_the_group(connected)
    connected("sync")
    got = json.loads(connected("api", "MailchimpsyncAlert.get").stdout)
    known = json.loads(connected("api", "MailchimpsyncAlert.acknowledge", "id=1").stdout)

    assert [one["kind"] for one in got["values"]] == ["failed"]
    assert known["values"]["acknowledged_at"]
