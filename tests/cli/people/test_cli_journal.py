"""Ann checks the journal and takes it home; a spreadsheet that opens it runs nothing."""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from cli.conftest import LIST_ID, CommandLine
from mailchimpsync import open_site
from mailchimpsync.store.journal.journal import write_journal
from mailchimpsync.store.schema import journal
from support.journal import new_entry


@pytest.fixture
def synced(connected: CommandLine) -> CommandLine:
    connected("sync")
    return connected


def tell(command_line: CommandLine, days: float = 0, **values: Any) -> None:
    with open_site(command_line.home) as site, site.store.begin() as tx:
        about = {"side": "CiviCRM", "field": "last_name", "old": "x", "new": "y", "reason": "MAILCHIMP_PROFILE"}
        at = site.runtime.now() - timedelta(days=days)
        entry = new_entry(list_id=LIST_ID, cache_id=1, contact_id=11, time=at, **{**about, **values})
        write_journal(tx, [entry])


def tamper(command_line: CommandLine, statement: Any) -> None:
    with open_site(command_line.home) as site, site.store.begin() as tx:
        tx.execute(statement)


def test_an_untouched_journal_is_as_it_was_written(synced: CommandLine) -> None:
    shown = synced("journal", "verify")

    assert shown.exit_code == 0
    assert f"Audience {LIST_ID}  ✓ unaltered" in shown.stdout


def test_before_anything_was_synced_there_is_nothing_to_check(connected: CommandLine) -> None:
    shown = connected("journal", "verify")

    assert (shown.exit_code, shown.stdout) == (0, "The journal is empty.\n")


def test_verify_finds_altered_and_deleted_entries(synced: CommandLine) -> None:
    for _ in range(5):
        tell(synced)
    newest = json.loads(synced("journal", "verify", "--json").stdout)["chains"][0]["newest"]
    tamper(synced, update(journal).where(journal.c.number == newest - 3).values(new="z"))
    tamper(synced, delete(journal).where(journal.c.number == newest - 1))
    shown = synced("journal", "verify")

    assert shown.exit_code == 7
    assert "✗ altered since it was written" in shown.stdout
    assert f"Entry {newest - 3} of 20" in shown.stdout
    assert "was altered: the member, or a name or address." in shown.stdout
    assert f"Entry {newest - 1} was deleted." in shown.stdout


def test_the_check_is_there_for_programs_too(synced: CommandLine) -> None:
    found = json.loads(synced("api", "MailchimpsyncJournal.verify").stdout)["values"]

    assert found["is_intact"] is True
    assert found["chains"][0]["entries"] == found["chains"][0]["newest"] > 0


def exported(command_line: CommandLine, *words: str) -> list[dict[str, str]]:
    shown = command_line("journal", "export", "-o", "-", *words)
    assert shown.exit_code == 0, shown.output
    return list(csv.DictReader(io.StringIO(shown.stdout)))


def test_the_journal_as_csv_has_every_entry(synced: CommandLine) -> None:
    rows = exported(synced)
    listed = json.loads(synced("api", "MailchimpsyncJournal.get").stdout)["values"]

    assert len(rows) == len(listed) > 0
    assert [row["field"] for row in rows] == [entry["field"] for entry in listed]
    assert rows[0]["why"] == listed[0]["why"]


def test_no_cell_is_a_formula(synced: CommandLine) -> None:
    evil = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\tx", "\rx"]
    for one in evil:
        tell(synced, new=one)

    assert [row["new"] for row in exported(synced)[-len(evil) :]] == [f"'{one}" for one in evil]


def test_the_journal_as_json_is_readable_by_its_owner_only(synced: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "journal.json"
    shown = synced("journal", "export", "--format", "json", "-o", str(file))
    entries = json.loads(file.read_text())

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"Exported {len(entries)} entries to" in shown.stderr
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))


def test_an_empty_journal_is_json_too(connected: CommandLine) -> None:
    assert json.loads(connected("journal", "export", "--format", "json", "-o", "-").stdout) == []


def test_only_a_span_of_time_or_an_audience_is_exported(synced: CommandLine) -> None:
    tell(synced, days=10, new="long ago")
    tell(synced, days=5, new="lately")
    span = exported(synced, "--since", "12 days ago", "--until", "yesterday")

    assert [row["new"] for row in span] == ["long ago", "lately"]
    assert [row["new"] for row in exported(synced, "--until", "7 days ago", "--group-id", "8")] == ["long ago"]


def test_what_cannot_be_written_or_understood_is_said(synced: CommandLine, tmp_path: Path) -> None:
    nowhere = synced("journal", "export", "-o", str(tmp_path / "no" / "where.csv"))
    when = synced("journal", "export", "-o", "-", "--since", "once")

    assert (nowhere.exit_code, when.exit_code) == (2, 2)
    assert "can't be written: No such file or directory." in " ".join(nowhere.stderr.split())


def test_entries_are_listed_page_by_page_with_filters(synced: CommandLine) -> None:
    for number in range(3):
        tell(synced, new=str(number), run_id=99)

    def listed(*words: str) -> list[str]:
        return [one["new"] for one in json.loads(synced("api", "MailchimpsyncJournal.get", *words).stdout)["values"]]

    assert listed("run_id=99") == ["0", "1", "2"]
    assert listed("run_id=99", "limit=1", "offset=1") == ["1"]
    assert listed("contact_id=11", "run_id=99", "since=2100-01-01T00:00:00Z") == []
