"""A fleet of small charities on both stand-ins, over real HTTP, and its workers."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from procrastinate.jobs import Job as TakenJob
from pydantic import SecretStr
from sqlalchemy import select, text

from mailchimpsync.actions import Fleet, Site, create_fleet
from mailchimpsync.actions.fleet.jobs import LATER, LONG, NOW
from mailchimpsync.config import Account, CivicrmSite, Configuration, Link, Schedule
from mailchimpsync.runtime import Runtime
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import run
from mailchimpsync.worker.metrics import Metrics
from mailchimpsync.worker.queue.app import Connector, make_app
from mailchimpsync.worker.queue.runner import Runner
from mailchimpsync.worker.queue.sites import OpenSites
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from support.processes import Program, command, wait_until
from support.rights import TRASH
from support.service import CIVICRM_KEY, LONG_AGO, NEWS, WEBHOOK_SECRET

SOON = Schedule(every_minutes=1, jitter_seconds=0)
HOURLY = Schedule(every_minutes=60, jitter_seconds=0)
NO_WAIT = dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 0)


@dataclass
class Charity:
    """One site of the fleet, with both of its sides."""

    name: str
    number: int
    mailchimp: MailchimpSandbox
    civicrm: CivicrmSandbox
    mailchimp_url: str
    civicrm_url: str

    @property
    def key(self) -> str:
        return f"{self.number:032x}-us6"

    @property
    def list_id(self) -> str:
        return f"{self.number:010x}"

    def configuration(self, schedule: Schedule) -> Configuration:
        account = Account(
            api_key=SecretStr(self.key), base_url=self.mailchimp_url, webhook_secret=SecretStr(WEBHOOK_SECRET)
        )
        link = Link(account="main", audience_id=self.list_id, group_id=NEWS, schedule=schedule)
        return Configuration(
            civicrm=CivicrmSite(url=self.civicrm_url, api_key=SecretStr(CIVICRM_KEY)),
            accounts={"main": account},
            connections=(link,),
        )

    def add_contacts(self, *addresses: str) -> list[int]:
        """Let people be in the group, who aren't members yet."""
        added = {NEWS: {"status": "Added", "date": LONG_AGO}}
        return self.civicrm.load_contacts([{"first_name": "A", "emails": [one], "groups": added} for one in addresses])

    def take_out(self, contact: int) -> None:
        """Let staff take someone out of the group."""
        record = {"contact_id": contact, "group_id": NEWS, "status": "Removed"}
        self.civicrm.call(
            "GroupContact", "save", {"records": [record], "match": ["contact_id", "group_id"], "method": "Admin"}
        )

    def statuses(self) -> dict[str, str]:
        return {one["email_address"].lower(): one["status"] for one in self.mailchimp.members(self.list_id)}

    def in_group(self) -> dict[int, str]:
        return {row["contact_id"]: row["status"] for row in self.civicrm.dump("GroupContact")}


@dataclass
class Charities:
    """A fleet, and the charities that are its sites."""

    fleet: Fleet
    home: Path
    mailchimp: MailchimpSandbox
    stack: ExitStack
    url: str
    by_name: dict[str, Charity] = field(default_factory=dict)

    def add(self, name: str, schedule: Schedule = SOON, *, people: int = 1) -> Charity:
        """Add a charity whose people are in its group only."""
        number = len(self.by_name) + 1
        civicrm = CivicrmSandbox(api_key=CIVICRM_KEY, permissions=TRASH)
        self.stack.callback(civicrm.close)
        civicrm.add_group(NEWS, "News")
        charity = Charity(
            name, number, self.mailchimp, civicrm, self.url, self.stack.enter_context(Served(civicrm)).url
        )
        self.mailchimp.add_account(charity.key, account_name=name)
        self.mailchimp.add_audience(charity.key, charity.list_id, name)
        charity.add_contacts(*(f"p{one}@{name}.example.org" for one in range(people)))
        self.by_name[name] = charity
        self.fleet.add(name)
        with self.site(name) as site:
            site.save(charity.configuration(schedule), "ann")
        return charity

    @contextmanager
    def site(self, name: str) -> Iterator[Site]:
        with self.fleet.open(name) as site:
            yield site

    def runner(self, metrics: Metrics | None = None) -> Runner:
        return Runner(self.fleet, OpenSites(self.fleet), self.fleet.queue, metrics or Metrics(), lambda: False)

    def work_off(self, *queues: str, runner: Runner | None = None) -> list[TakenJob]:
        """Do all jobs that are due, one after the other, as a worker does; return them in the order of their start."""
        taken: list[TakenJob] = []
        doing = runner or self.runner()

        def run_job(job: TakenJob) -> None:
            taken.append(job)
            doing.run(job)

        async def work() -> None:
            app = make_app(Connector(self.fleet.database_url, connections=2), run_job)
            app.periodic_registry.periodic_tasks.clear()
            async with app.open_async():
                await app.run_worker_async(
                    queues=list(queues or (NOW, LATER, LONG)),
                    wait=False,
                    listen_notify=False,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )

        with ThreadPoolExecutor(1) as thread:  # a browser of other tests has a loop in this one
            thread.submit(asyncio.run, work()).result()
        return taken

    def jobs(self, **words: object) -> list[dict[str, Any]]:
        """Return the jobs in the queue with these words, in the order in which they came."""
        with self.fleet.store.begin() as tx:
            rows = tx.execute(text("SELECT * FROM procrastinate_jobs ORDER BY id")).mappings().all()
        return [dict(row) for row in rows if words.items() <= {**row["args"], "status": row["status"]}.items()]

    def time_comes(self, **words: object) -> None:
        """Let the time of waiting jobs come."""
        with self.fleet.store.begin() as tx:
            for job in self.jobs(**words):
                tx.execute(
                    text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = :id AND status = 'todo'"), job
                )

    def forget_jobs(self) -> None:
        with self.fleet.store.begin() as tx:
            tx.execute(text("DELETE FROM procrastinate_jobs"))

    def runs(self, name: str) -> list[dict[str, Any]]:
        """Return all runs of a charity, oldest first."""
        with self.site(name) as site, site.store.begin() as tx:
            found = tx.execute(select(run).where(run.c.kind == runs.WHOLE_RUN).order_by(run.c.id))
            return [dict(row) for row in found.mappings()]


@contextmanager
def charities(home: Path, database: str) -> Iterator[Charities]:
    """Make a fleet without charities."""
    mailchimp = MailchimpSandbox()
    mailchimp.set_options(batch_dwell=NO_WAIT)
    with ExitStack() as stack, create_fleet(home, database, runtime=Runtime(sleep=lambda _seconds: None)) as fleet:
        stack.callback(mailchimp.close)
        url = f"{stack.enter_context(Served(mailchimp)).url}/3.0"
        yield Charities(fleet, home, mailchimp, stack, url)


@dataclass
class RunningWorker:
    """A worker in a process of its own."""

    process: Program

    def log(self) -> str:
        return self.process.said.read_text()

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log().splitlines() if line.strip()]
        return [line for line in lines if line["event"] == name]

    def wait_for(self, name: str) -> list[dict[str, Any]]:
        """Wait until the log tells of something."""
        wait_until(lambda: self.events(name) or not self._is_alive())
        return self.events(name)

    def _is_alive(self) -> bool:
        if self.process.poll() is None:
            return True
        raise AssertionError(f"the worker ended: {self.log()[-3000:]} {self.process.complaints.read_text()[-3000:]}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=5)


def start_worker(home: Path, place: Path, *words: str, program: Any = None, **env: str) -> RunningWorker:
    """Start a worker; `program`: another function than the command, in a module of the tests."""
    given = ("--home", str(home), "worker", "--concurrency", "4", "--json-logs", *words)
    if program is None:
        return RunningWorker(command(*given, place=place, **env))
    return RunningWorker(Program(program, *given, place=place, **env))


def in_seconds(job: dict[str, Any], now: datetime) -> float:
    """Return how many seconds from now a job's time comes."""
    return float((job["scheduled_at"] - now).total_seconds())
