"""Measures what data costs: `python benchmarks/data.py` (half an hour; `--people 25000` takes three minutes).

250,000 members with 5 mapped fields and 20 tags: the first run that sends all of it, full runs without data and with
data in which nothing changes, and one after 100 changes.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import func, select
from stand_ins import CIVICRM_KEY, GROUP, INTERESTS, LIST_ID, MAILCHIMP_KEY, StandIns, fill, stand_ins

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Connection, DataOptions, MappedField
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store
from mailchimpsync.store.schema import update
from mailchimpsync.sync import Options, Outcome, Systems, run_connection

TAGS = 20
TAGS_OF_A_PERSON = 3
CHANGES = 100
LOOK_UPS_MAX = 40
"""Bulk requests to CiviCRM for 100,000 contacts, at most."""

MAP = {
    "JOB": ("job_title", "text"),
    "MTYPE": ("membership.type", "text"),
    "MEND": ("membership.end", "date"),
    "GIVEN": ("donations.total", "number"),
    "LASTGIFT": ("donations.last", "date"),
}
FIRST_CONTACT = 1_000


@dataclass(frozen=True)
class Cost:
    """What a run took, and asked of either side."""

    seconds: float
    mailchimp: int
    civicrm: int
    updates: int


class DataSite:
    """The engine in this process, beside the stand-ins."""

    def __init__(self, both: StandIns, store: Store) -> None:
        self._both, self._store, self._runtime = both, store, Runtime()

    def run(self, **options: Any) -> Cost:
        """Run once, to the end, and say what it took."""
        self._both.forget_requests()
        before, started = self._updates(), time.perf_counter()
        fields = tuple(MappedField(tag, source) for tag, (source, _) in MAP.items())
        connection = Connection(LIST_ID, GROUP, INTERESTS, data=DataOptions(tags=True, fields=fields))
        with (
            MailchimpClient(MAILCHIMP_KEY, self._runtime, base_url=f"{self._both.mailchimp}/3.0") as one,
            CivicrmClient(self._both.civicrm, CIVICRM_KEY, self._runtime) as other,
        ):
            systems = Systems(self._store, one, other, self._runtime)
            result = run_connection(systems, connection, Deadline(self._runtime), Options(**options))
        assert result.outcome is Outcome.DONE, result
        seconds = time.perf_counter() - started
        mailchimp, civicrm = (self._total(url) for url in (self._both.mailchimp, self._both.civicrm))
        return Cost(seconds, mailchimp, civicrm, self._updates() - before)

    def _total(self, url: str) -> int:
        return int(self._both.control(url, "log", {})["total"])

    def _updates(self) -> int:
        with self._store.begin() as tx:
            return int(tx.execute(select(func.count()).select_from(update)).scalar_one())


def furnish(both: StandIns, directory: Path, people: int) -> None:
    """Give everybody a job, a membership, two gifts and some tags, and the audience its merge fields."""
    fill(both, people)
    with httpx2.Client(base_url=f"{both.mailchimp}/3.0", auth=("bench", MAILCHIMP_KEY), timeout=300) as client:
        for tag, (_, kind) in MAP.items():
            body = {"tag": tag, "name": tag, "type": kind}
            client.post(f"/lists/{LIST_ID}/merge-fields", json=body).raise_for_status()
    contacts = range(FIRST_CONTACT, FIRST_CONTACT + people)
    with closing(sqlite3.connect(directory / "civicrm", timeout=60)) as database:
        _many(
            database,
            "INSERT INTO civicrm_tag (id, name, label, used_for) VALUES (?, ?, ?, 'civicrm_contact')",
            ((100 + tag, f"Tag {tag}", f"Tag {tag}") for tag in range(TAGS)),
        )
        _many(
            database,
            "INSERT INTO civicrm_entity_tag (entity_table, entity_id, tag_id) VALUES ('civicrm_contact', ?, ?)",
            ((one, 100 + (one + 7 * place) % TAGS) for one in contacts for place in range(TAGS_OF_A_PERSON)),
        )
        database.execute("UPDATE civicrm_contact SET job_title = 'Job ' || (id % 50)")
        database.execute("INSERT INTO civicrm_membership_type (id, name, title) VALUES (1, 'Friend', 'Friend')")
        _many(
            database,
            "INSERT INTO civicrm_membership (contact_id, membership_type_id, start_date, end_date, status_id, is_test) "
            "VALUES (?, 1, '2026-01-01', '2026-12-31', 2, 0)",
            ((one,) for one in contacts),
        )
        _many(
            database,
            "INSERT INTO civicrm_contribution "
            "(contact_id, total_amount, receive_date, contribution_status_id, is_test) VALUES (?, ?, ?, 1, 0)",
            ((one, 5 + one % 90, f"202{5 + place}-03-01 10:00:00") for one in contacts for place in range(2)),
        )
        database.commit()


def _many(database: sqlite3.Connection, sql: str, rows: Iterable[Sequence[Any]]) -> None:
    database.executemany(sql, rows)


def change(directory: Path, people: int) -> None:
    """Let some people, far apart, change their jobs."""
    step = max(1, people // CHANGES)
    with closing(sqlite3.connect(directory / "civicrm", timeout=60)) as database:
        _many(
            database,
            "UPDATE civicrm_contact SET job_title = 'Another' WHERE id = ?",
            ((FIRST_CONTACT + number * step,) for number in range(CHANGES)),
        )
        database.commit()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=250_000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory() as place, stand_ins(Path(place)) as both:
        directory = Path(place)
        furnish(both, directory, people)
        with closing(Store(f"sqlite:///{directory / 'ours.sqlite'}")) as store:
            store.migrate()
            data_site = DataSite(both, store)
            show("first sync, without data", data_site.run())
            show("first run with data", data_site.run(with_data=True))
            without = show("full run, without data", data_site.run(everything=True))
            same = show("full run with data, no changes", data_site.run(everything=True, with_data=True))
            change(directory, people)
            changed = show(f"run with data, {CHANGES} changes", data_site.run(with_data=True))
    look_ups = (same.civicrm - without.civicrm) * 100_000 / people
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print(f"requests to Mailchimp, with data against without: {same.mailchimp} against {without.mailchimp}")
    print(f"look-ups in CiviCRM for 100,000 contacts: {look_ups:.1f}, at most {LOOK_UPS_MAX}")
    print(f"updates for {CHANGES} changes: {changed.updates}")


def show(what: str, cost: Cost) -> Cost:
    """Print what a run took."""
    asked = f"{cost.mailchimp} requests to Mailchimp, {cost.civicrm} to CiviCRM, {cost.updates} updates"
    print(f"{what}: {cost.seconds:.1f} s, {asked}", flush=True)
    return cost


if __name__ == "__main__":
    main()
