"""Measures whole commands beside a real CiviCRM: `python benchmarks/real_civicrm.py --civicrm URL --group TITLE`.

The API key is taken from MAILCHIMPSYNC_CIVICRM_KEY. Use a site made for it, with made-up people: contacts are created
and removed from the group. Mailchimp is the stand-in, as a process of its own, with the group's people as members. The
yardstick, `bare.py`, runs before and after the first sync; the start of Python counts for both.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from stand_ins import LIST_ID, LOADED_AT_ONCE, MAILCHIMP_KEY, SYNCED_AT, serving

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.runtime import Runtime

HERE = Path(__file__).parent
PAGE = 25_000
QUIET_RUNS = 3
KEY = "MAILCHIMPSYNC_CIVICRM_KEY"
CHANGES = 100


@dataclass(frozen=True)
class Bench:
    """A home of the product, connected with both."""

    home: Path
    mailchimp: str
    civicrm: CivicrmClient
    group_id: int

    def control(self, action: str, values: dict[str, Any]) -> None:
        """Call a control action of the Mailchimp stand-in."""
        httpx2.post(f"{self.mailchimp}/_control/{action}", json=values, timeout=300).raise_for_status()

    def command(self, *arguments: str) -> dict[str, Any]:
        """Run a command, and return its exit code and what it took."""
        ours = {"BENCHMARK_STARTED": str(time.time()), "MAILCHIMPSYNC_MAILCHIMP_KEY": MAILCHIMP_KEY}
        line = [sys.executable, str(HERE / "counted.py"), "--home", str(self.home), *arguments]
        done = subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, **ours})
        if done.returncode not in {0, 3}:
            raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return {"exit": done.returncode, **json.loads(done.stderr.strip().splitlines()[-1])}

    def bare(self) -> dict[str, Any]:
        """Return what the yardstick takes: `bare.py`, which reads the same pages and rows, and decides nothing."""
        where = (f"{self.mailchimp}/3.0", MAILCHIMP_KEY, LIST_ID, self.civicrm.pattern, os.environ[KEY])
        file = self.home.with_name(f"bare{time.time()}.sqlite")
        return _measured("bare.py", *where, json.dumps([self.group_id]), str(file))

    def bare_contacts(self, number: int) -> dict[str, Any]:
        """Return what four bare clients take to create contacts: `bare_contacts.py`."""
        key, name = os.environ[KEY], f"bare{time.time()}"
        return _measured("bare_contacts.py", self.civicrm.pattern, key, str(self.group_id), name, str(number))

    def connect(self, url: str, title: str) -> None:
        """Set the home up, without a guard: what is measured is meant."""
        self.command("init", "--civicrm-url", url)
        self.command(
            *("connect", "--base-url", f"{self.mailchimp}/3.0", "--account", "Bench"),
            *("--audience", LIST_ID, "--group", title, "--no-interests"),
        )
        exported = self.home / "bench.json"
        self.command("config", "export", "--format", "json", "--with-secrets", "--output", str(exported))
        document = json.loads(exported.read_text())
        document["connections"][0]["guard"] = {"enabled": False}
        exported.write_text(json.dumps(document))
        self.command("config", "import", str(exported))

    def people(self) -> list[tuple[int, str]]:
        """Return contact and primary address of everybody in the group who can be mailed."""
        found: list[tuple[int, str]] = []
        last = 0
        while True:
            params = {
                "select": ["contact_id", "contact_id.email_primary.email"],
                "where": [
                    *(["group_id", "=", self.group_id], ["status", "=", "Added"], ["contact_id", ">", last]),
                    *([f"contact_id.{mark}", "=", False] for mark in ("is_opt_out", "do_not_email", "is_deceased")),
                    *(["contact_id.is_deleted", "=", False], ["contact_id.email_primary.on_hold", "=", 0]),
                ],
                "orderBy": {"contact_id": "ASC"},
                "limit": PAGE,
            }
            rows = self.civicrm.call("GroupContact", "get", params)
            found += [(row["contact_id"], row["contact_id.email_primary.email"]) for row in rows]
            if len(rows) < PAGE:
                return found
            last = rows[-1]["contact_id"]

    def load(self, addresses: Sequence[str], since: str) -> None:
        """Make addresses members of the audience, subscribed since a moment."""
        for start in range(0, len(addresses), LOADED_AT_ONCE):
            members = [
                {"email_address": address, "status": "subscribed", "last_changed": since}
                for address in addresses[start : start + LOADED_AT_ONCE]
            ]
            self.control("load_members", {"list_id": LIST_ID, "members": members})

    def change(self, people: Sequence[tuple[int, str]]) -> None:
        """Let half of some people leave at Mailchimp, and take the others out of the group."""
        half = len(people) // 2
        for _, address in people[:half]:
            self.control("act", {"list_id": LIST_ID, "email": address, "as_": "user", "change": "unsubscribe"})
        removed = {"group_id": self.group_id, "status": "Removed"}
        records = [{"contact_id": contact, **removed} for contact, _ in people[half:]]
        self.civicrm.call("GroupContact", "save", {"records": records, "match": ["contact_id", "group_id"]})


def _measured(script: str, *arguments: str) -> dict[str, Any]:
    """Run a yardstick, and return the seconds it takes, and of processor time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    subprocess.run([sys.executable, str(HERE / script), *arguments], stdout=subprocess.DEVNULL, check=True)
    took, used = time.time() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(took, 2), "cpu": round(cpu, 2)}


def in_sync(bench: Bench, created: int) -> None:
    """Everybody is in sync; then nothing, 100 changes, and members whom CiviCRM does not know."""
    people = bench.people()
    bench.load([address for _, address in people], SYNCED_AT)
    bare = [bench.bare()]
    took = bench.command("sync", "--max-time", "0")
    bare.append(bench.bare())
    for one in bare:
        print(f"| the bare script, for the same pages and rows | {one['seconds']} s | {one['cpu']} s | | |")
    show(f"first sync, {len(people):,} in sync", took)
    ratio = took["seconds"] * len(bare) / sum(one["seconds"] for one in bare)
    print(f"The first sync takes {ratio:.2f} times as long as the bare script.", flush=True)
    for _ in range(QUIET_RUNS):
        show("quiet run", bench.command("sync"))
    bench.change(people[:CHANGES])
    show(f"{CHANGES} changes", bench.command("sync"))
    if created:
        create(bench, created)


def create(bench: Bench, number: int) -> None:
    """Members whom CiviCRM doesn't know become contacts; four bare clients create as many afterwards, twice.

    Before, they would add people to the group whom the sync then has to bring to Mailchimp.
    """
    stamp = int(time.time())
    bench.load([f"bench{stamp}-{one}@example.org" for one in range(number)], datetime.now(UTC).isoformat())
    took = bench.command("sync", "--max-time", "0")
    bare = [bench.bare_contacts(number) for _ in range(2)]
    for one in bare:
        print(f"| four bare clients | {one['seconds']} s | {one['cpu']} s | | |")
    show(f"{number:,} contacts created", took)
    ratio = took["seconds"] * len(bare) / sum(one["seconds"] for one in bare)
    print(f"Creating them takes {ratio:.2f} times as long as four bare clients.", flush=True)


def civicrm_only(bench: Bench) -> None:
    """Everybody is in CiviCRM only."""
    show(f"first sync, {len(bench.people()):,} only in CiviCRM", bench.command("sync", "--max-time", "0"))


def show(what: str, took: dict[str, Any]) -> None:
    """Print a row of the table."""
    requests = ", ".join(f"{number} {service}" for service, number in sorted(took["requests"].items()))
    print(f"| {what} | {took['seconds']} s | {took['cpu']} s | {took['peak_mb']} MB | {requests} |", flush=True)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--civicrm", required=True, help="the site's address")
    parser.add_argument("--group", required=True, help="the title of a mailing group")
    parser.add_argument("--created", type=int, default=0, help="how many contacts to create at the end")
    parser.add_argument("--civicrm-only", action="store_true", help="leave the audience empty")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as directory,
        serving("mailchimp", Path(directory)) as mailchimp,
        CivicrmClient(asked.civicrm, os.environ[KEY], Runtime()) as civicrm,
    ):
        where = [["title", "=", asked.group]]
        group_id = int(civicrm.call("Group", "get", {"select": ["id"], "where": where})[0]["id"])
        bench = Bench(Path(directory) / "home", mailchimp, civicrm, group_id)
        bench.control("add_account", {"api_key": MAILCHIMP_KEY, "account_name": "Bench"})
        bench.control("add_audience", {"api_key": MAILCHIMP_KEY, "list_id": LIST_ID, "name": "Bench"})
        bench.connect(asked.civicrm, asked.group)
        civicrm_only(bench) if asked.civicrm_only else in_sync(bench, asked.created)


if __name__ == "__main__":
    main()
