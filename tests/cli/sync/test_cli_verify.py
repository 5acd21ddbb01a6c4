"""`verify`: what a person reads, what a script gets, and what `status` says from then on."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from cli.conftest import LIST_ID, WALKS, CommandLine
from mailchimpsync.actions import open_site
from mailchimpsync.store.schema import status
from support.mailchimp_admin import delete_interest


def unnoticed(command_line: CommandLine, contact: int) -> None:
    """Let staff take someone out of the group, and our mark say that a run has seen it."""
    record = {"contact_id": contact, "group_id": 8, "status": "Removed"}
    params = {"records": [record], "match": ["contact_id", "group_id"], "method": "Admin"}
    command_line.civicrm.call("GroupContact", "save", params)
    with open_site(command_line.home) as site, site.store.begin() as tx:
        tx.execute(update(status).values(last_sync_time=site.runtime.now() + timedelta(days=1)))


def test_a_difference_with_a_known_reason_is_told_with_it_and_is_not_green(connected: CommandLine) -> None:
    connected("sync")
    assert "not yet" in connected("status").output
    result = connected("verify")

    assert result.exit_code == 0
    assert "✓ verified" not in result.output
    assert "1 difference with a known reason: can't be synced (1 person)" in result.output
    assert "can't be synced: In the group, but without" in " ".join(result.output.split())
    assert "1 difference, all with a known reason, at 20" in connected("status").output
    assert connected.status()["differences_found"] == 0


def test_a_difference_nothing_explains_ends_with_seven_and_is_shown(connected: CommandLine) -> None:
    connected("sync")
    unnoticed(connected, 11)
    result = connected("verify")

    assert result.exit_code == 7
    assert "✗ 1 unexplained difference" in result.output
    assert "bella@example.org" in result.output
    assert "sync --since ever`, which reads everything and decides again" in " ".join(result.output.split())
    assert "loaded into CiviCRM with old dates" in " ".join(result.output.split())
    assert "1 unexplained difference, at 20" in connected("status").output


def test_a_script_reads_json_and_a_spreadsheet_csv(connected: CommandLine, tmp_path: Path) -> None:
    connected("sync")
    unnoticed(connected, 11)
    file = tmp_path / "differences.csv"
    result = connected("verify", "--json", "--csv", str(file))

    [found] = json.loads(result.stdout)
    assert (found["list_id"], found["in_sync"], found["unexplained"]) == (LIST_ID, False, 1)
    assert found["differences"][0]["address"] == "bella@example.org"
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert len(rows) == found["explained"] + found["unexplained"]
    assert {"bella@example.org"} <= {row["address"] for row in rows}


def test_the_newest_comparison_can_be_asked_for_without_making_one(connected: CommandLine) -> None:
    connected("sync")
    connected("verify", "--group-id", "8")
    answer = json.loads(connected("api", "MailchimpsyncVerification.get").stdout)

    assert (answer["values"][0]["in_sync"], answer["values"][0]["verdict"]) == (False, "explained")
    assert answer["values"][0]["by_cause"] == {"can't be synced": 1}
    assert answer["values"][0]["list_id"] == LIST_ID


def test_a_linked_interest_that_is_gone_at_mailchimp_is_no_agreement_and_ends_as_a_sync_does(
    connected: CommandLine,
) -> None:
    connected("sync")
    delete_interest(connected.mailchimp_url, connected.mailchimp_key, connected.list_id, WALKS)

    result = connected("verify")

    printed = " ".join(result.output.split())
    assert result.exit_code == 7
    assert "✓ verified" not in printed
    assert f"Mailchimp no longer has the interest {WALKS}" in printed
    assert "not compared" in printed
    assert connected.status()["gone_interests"] == [WALKS]
    assert connected("sync", "--since", "ever").exit_code == 7
