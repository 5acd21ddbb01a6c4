"""A small charity on both stand-ins, over real HTTP, and a service in a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from sqlalchemy import select

from mailchimpsync.actions import Site, create_site, open_site
from mailchimpsync.config import Account, CivicrmSite, Configuration, Link, Schedule
from mailchimpsync.model import LaneChoice
from mailchimpsync.runtime import Runtime
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import run
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from support.processes import Program

MAILCHIMP_KEY = "fedcba9876543210fedcba9876543210-us6"
CIVICRM_KEY = "ann-keeps-this-civicrm-key"
LIST_ID, OTHER_LIST = "a1b2c3d4e5", "b1b2c3d4e5"
NEWS, OTHERS = 8, 9
WEBHOOK_SECRET = "the-secret-in-the-address-of-webhooks"
LONG_AGO = "2026-01-01T10:00:00Z"
PATIENCE_SECONDS = 60


@dataclass
class Charity:
    """Both sides, and the home of the site that syncs them."""

    home: Path
    mailchimp: MailchimpSandbox
    civicrm: CivicrmSandbox
    mailchimp_url: str
    civicrm_url: str
    database: str | None = None

    def members(self) -> dict[str, str]:
        """Return the status of each member by address."""
        return {one["email_address"].lower(): one["status"] for one in self.mailchimp.members(LIST_ID)}

    def add_member(self, email: str, **details: Any) -> None:
        self.mailchimp.load_members(LIST_ID, [{"email_address": email, "last_changed": LONG_AGO, **details}])

    def add_contact(self, email: str, **details: Any) -> int:
        added = {NEWS: {"status": "Added", "date": LONG_AGO}}
        return self.civicrm.load_contacts([{"first_name": "A", "emails": [email], "groups": added, **details}])[0]

    def group_members(self, group: int = NEWS) -> dict[int, str]:
        """Return the status of each contact in a group."""
        return {
            row["contact_id"]: row["status"] for row in self.civicrm.dump("GroupContact") if row["group_id"] == group
        }

    def make_site(self, schedule: Schedule, *, links: int = 1, lane: LaneChoice = LaneChoice.AUTO) -> None:
        """Make the site, connected and scheduled."""
        with create_site(self.home, database=self.database) as site:
            site.save(self.configuration(schedule, links=links, lane=lane), "ann")

    def configuration(self, schedule: Schedule, *, links: int = 1, lane: LaneChoice = LaneChoice.AUTO) -> Configuration:
        account = Account(
            api_key=SecretStr(MAILCHIMP_KEY), base_url=self.mailchimp_url, webhook_secret=SecretStr(WEBHOOK_SECRET)
        )
        pairs = [(LIST_ID, NEWS), (OTHER_LIST, OTHERS)][:links]
        return Configuration(
            civicrm=CivicrmSite(url=self.civicrm_url, api_key=SecretStr(CIVICRM_KEY)),
            accounts={"main": account},
            connections=tuple(
                Link(account="main", audience_id=audience, group_id=group, schedule=schedule, lane=lane)
                for audience, group in pairs
            ),
        )

    def site(self, runtime: Runtime | None = None) -> Site:
        return open_site(self.home, runtime=runtime)

    def runs(self, list_id: str = LIST_ID) -> list[dict[str, Any]]:
        """Return all runs of a connection, oldest first."""
        with self.site() as site, site.store.begin() as tx:
            found = tx.execute(
                select(run).where(run.c.list_id == list_id, run.c.kind == runs.WHOLE_RUN).order_by(run.c.id)
            )
            return [dict(row) for row in found.mappings()]


@dataclass
class RunningService:
    """A service in its own process; `lines` are those of its log."""

    process: Program
    url: str
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log().splitlines() if line.strip()]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == name]

    def log(self) -> str:
        return self.process.said.read_text()

    def told(self) -> str:
        return self.process.complaints.read_text()

    def wait_for(self, what: Callable[[], Any], patience_seconds: int = PATIENCE_SECONDS) -> Any:
        """Wait until `what` returns something true."""
        for _ in range(patience_seconds * 20):
            if self.process.poll() is not None:
                raise AssertionError(f"the service ended: {self.told()[-3000:]} {self.log()[-3000:]}")
            if found := what():
                return found
            time.sleep(0.05)
        raise AssertionError(f"it never came: {self.told()[-3000:]} {self.log()[-3000:]}")

    def answers(self) -> bool:
        try:
            return self.http.get(f"{self.url}/health").status_code == 200
        except httpx2.HTTPError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it, and return its exit code; that may take ten seconds, and more on a busy machine."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=10)


Serve = Callable[..., RunningService]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
