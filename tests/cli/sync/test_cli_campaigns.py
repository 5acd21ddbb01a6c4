"""`campaigns`: it prints what the how-to page shows, and CiviCRM has the activities afterwards."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import CIVICRM_KEY, LIST_ID, MAILCHIMP_KEY, CommandLine
from mailchimpsync.actions import open_site
from mailchimpsync.config import Campaigns
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.rights import CAMPAIGNS

PAGE = (Path(__file__).parents[3] / "docs/how-to/import-campaigns.md").read_text(encoding="utf-8")


def send(command_line: CommandLine, campaign: str, title: str, sent: str, *names: str, **acts: str) -> None:
    command_line.mailchimp.load_campaign(
        MAILCHIMP_KEY,
        campaign={
            "id": campaign,
            "send_time": sent,
            "recipients": {"list_id": LIST_ID, "list_name": "Newsletter"},
            "settings": {"title": title, "from_name": "Ann"},
        },
        sent_to=[{"email_address": f"{name}@example.org"} for name in names],
        email_activity=[
            {"email_address": f"{name}@example.org", "activity": [{"action": act, "timestamp": sent}]}
            for name, act in acts.items()
        ],
    )


@pytest.fixture
def mailed(connected: CommandLine) -> CommandLine:
    """The command line of a charity that is in sync, and has sent two campaigns; Zoe has left both sides since."""
    connected.civicrm.grant(CIVICRM_KEY, CAMPAIGNS)
    assert connected("sync").exit_code == 0
    send(connected, "c5a1e00001", "New year", "2026-01-02T10:00:00+00:00", "bella", "zoe", bella="open")
    everybody = ("bella", "carl", "dora", "zoe")
    send(connected, "c5a1e00002", "Spring walks", "2026-03-20T08:30:00+00:00", *everybody, bella="click", dora="open")
    with open_site(connected.home) as site:
        links = [one.model_copy(update={"campaigns": Campaigns(opens=True)}) for one in site.configuration.connections]
        site.save(site.configuration.model_copy(update={"connections": tuple(links)}), "ann")
    return connected


def activities(command_line: CommandLine) -> list[dict[str, Any]]:
    select = ["subject", "activity_type_id:name", "target_contact_id"]
    return list(command_line.civicrm.call("Activity", "get", {"select": select, "orderBy": {"id": "ASC"}})["values"])


def as_in_a_pipe(text: str) -> list[str]:
    """Return lines in which a table that was drawn is as it is in a pipe."""
    lines = [line for line in text.splitlines() if not line.startswith(("┏", "┡", "└"))]
    return [re.sub(r" *[│┃] *", "\t", line).strip("\t") for line in lines]


def test_the_page_shows_what_is_printed(mailed: CommandLine) -> None:
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        [line] = [line for line in block.splitlines() if line.startswith("$ ")]
        result = mailed(*shlex.split(line.removeprefix("$ mailchimpsync ")))

        assert as_in_a_pipe(block) == as_in_a_pipe(f"{line}\n{result.output}")
        assert result.exit_code == 0


def test_civicrm_has_one_activity_a_campaign_and_one_for_those_who_opened_it(mailed: CommandLine) -> None:
    mailed("campaigns", "pull", "--since", "ever")

    dora = next(row["contact_id"] for row in mailed.civicrm.dump("Email") if row["email"] == "dora@example.org")
    assert [
        (one["subject"], one["activity_type_id:name"], sorted(map(int, one["target_contact_id"])))
        for one in activities(mailed)
    ] == [
        ("New year", "mailchimp_campaign_sent", [11]),
        ("New year", "mailchimp_campaign_opened", [11]),
        ("Spring walks", "mailchimp_campaign_sent", [11, 12, dora]),
        ("Spring walks", "mailchimp_campaign_opened", [11, dora]),
    ]


def test_a_script_reads_json(mailed: CommandLine) -> None:
    [pulled] = json.loads(mailed("campaigns", "pull", "--since", "2026-03-01", "--json").stdout)
    [listed] = json.loads(mailed("campaigns", "list", "--json").stdout)

    assert (pulled["outcome"], pulled["campaigns"], len(pulled["activity_ids"])) == ("done", 1, 2)
    assert (listed["subject"], listed["recipients"], listed["unknown"], listed["opened"]) == ("Spring walks", 4, 1, 2)


def test_the_action_of_the_php_extension_returns_the_activities(mailed: CommandLine) -> None:
    answer = json.loads(mailed("api", "Mailchimpsync.pullcampaigns", "since_date=ever").stdout)

    assert answer["values"][0]["activity_ids"] == [1, 2, 3, 4]


def test_a_date_nobody_can_read_is_told(mailed: CommandLine) -> None:
    result = mailed("campaigns", "pull", "--since", "one fine day")

    assert result.exit_code == 2
    assert "is not a date" in result.output


def test_before_the_first_import_the_list_says_so(connected: CommandLine) -> None:
    assert "campaigns pull" in connected("campaigns", "list").output


def test_what_the_key_may_not_create_is_reported_with_what_to_do_and_people_are_alerted_until_it_is_fixed(
    mailed: CommandLine,
) -> None:
    denied = json.dumps({"error_code": "1", "error_message": "Sorry an error occurred", "status": 403})
    mailed.civicrm.faults.plant(Fault(FaultKind.STATUS, pattern="/OptionValue/save", times=9, status=403, body=denied))

    result = mailed("campaigns", "pull")

    assert result.exit_code == 7
    assert "CV_NO_CAMPAIGN_TYPES" in result.output
    assert "administer CiviCRM data" in " ".join(result.output.split())
    assert "campaigns are not imported (CV_NO_CAMPAIGN_TYPES)" in mailed("alerts", "list").output
    mailed.civicrm.faults.clear()
    assert mailed("campaigns", "pull").exit_code == 0
    assert "There are no open problems." in mailed("alerts", "list").output


def test_a_campaign_that_fails_is_told_and_the_others_are_imported(mailed: CommandLine) -> None:
    gone = json.dumps({"title": "Resource Not Found", "status": 404, "detail": "The requested resource is gone."})
    mailed.mailchimp.faults.plant(
        Fault(FaultKind.STATUS, pattern="/reports/c5a1e00001", times=9, status=404, body=gone)
    )

    result = mailed("campaigns", "pull", "--since", "ever")

    assert result.exit_code == 7
    assert "1 campaign failed" in result.output
    listed = {
        one["subject"]: (one["state"], one["code"]) for one in json.loads(mailed("campaigns", "list", "--json").stdout)
    }
    assert listed == {"New year": ("failed", "MC_NOT_FOUND"), "Spring walks": ("complete", None)}
    assert "Spring walks" in {one["subject"] for one in activities(mailed)}


def switched_on(command_line: CommandLine) -> None:
    with open_site(command_line.home) as site:
        [link] = site.configuration.connections
        site.save(
            site.configuration.replacing_link(link.model_copy(update={"campaigns": Campaigns(enabled=True)})), "ann"
        )


def of_campaigns(command_line: CommandLine) -> list[tuple[str, str, str | None]]:
    """Return what the doctor finds of campaigns."""
    found = json.loads(command_line("doctor", "--json").stdout)
    return [(one["level"], one["found"], one["code"]) for one in found if one["subject"].startswith("Campaigns of")]


def test_status_and_doctor_tell_how_the_import_stands_where_it_is_switched_on(mailed: CommandLine) -> None:
    assert of_campaigns(mailed) == []
    assert "Campaigns" not in mailed("status").output
    switched_on(mailed)
    never = of_campaigns(mailed)
    mailed("campaigns", "pull", "--since", "ever")

    assert never == [("warning", "They have never been imported.", None)]
    assert of_campaigns(mailed) == [("good", "Known campaigns: 2; activities: 2.", None)]
    assert re.search(
        r"Campaigns +2 known, 2 activities created *\n +Last import +\S.* UTC, done", mailed("status").output
    )
    [status] = json.loads(mailed("status", "--json").stdout)
    assert (status["campaigns"]["campaigns"], status["campaigns"]["failures"]) == (2, [])


def test_what_failed_and_what_is_missing_is_named_with_what_to_do(mailed: CommandLine) -> None:
    switched_on(mailed)
    mailed("campaigns", "pull", "--since", "ever")
    send(mailed, "c5a1e00003", "Autumn", "2026-09-20T08:30:00+00:00", "bella")
    body = json.dumps({"sent_to": [{"email_id": "a" * 32}], "total_items": 9, "campaign_id": "c5a1e00003"})
    mailed.mailchimp.faults.plant(
        Fault(FaultKind.STATUS, pattern="/reports/c5a1e00003/", times=9, status=200, body=body)
    )
    mailed("campaigns", "pull", "--since", "ever")
    types = mailed.civicrm.call("OptionValue", "get", {"where": [["name", "=", "mailchimp_campaign_sent"]]})["values"]
    mailed.civicrm.call("OptionValue", "delete", {"where": [["id", "=", types[0]["id"]]]})

    assert of_campaigns(mailed) == [
        ("warning", "CiviCRM doesn't have what the activities need: mailchimp_campaign_sent.", "CV_NO_CAMPAIGN_TYPES"),
        ("warning", "Campaigns that failed with MC_REPORT_INCOMPLETE: 1.", "MC_REPORT_INCOMPLETE"),
    ]
    assert "1 failed: " in mailed("status").output
