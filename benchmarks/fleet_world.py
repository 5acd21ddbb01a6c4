"""A fleet beside both stand-ins, workers as processes of their own, and what they all cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text
from stand_ins import CIVICRM_KEY, SYNCED_AT, StandIns, stand_ins

from mailchimpsync.actions import Fleet, create_fleet
from mailchimpsync.actions.fleet.jobs import Job, Place
from mailchimpsync.actions.work import Kind
from mailchimpsync.config import Account, CivicrmSite, Configuration, Link, Schedule

SERVER = os.environ.get("MAILCHIMPSYNC_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1/postgres")
TICKS = os.sysconf("SC_CLK_TCK")
EVERY_MINUTE = Schedule(every_minutes=1, jitter_seconds=0)
PAST = "2026-01-01T10:00:00+00:00"


class Cost(NamedTuple):
    """What something has cost so far: seconds of processors, requests, and transactions of the database."""

    workers: float
    database: float
    requests: int
    transactions: int

    def since(self, before: Cost) -> Cost:
        """Return what was added."""
        return Cost(
            self.workers - before.workers,
            self.database - before.database,
            self.requests - before.requests,
            self.transactions - before.transactions,
        )


@dataclass(frozen=True)
class Charity:
    """A site with its audiences and groups: the numbers from which all of its names are made."""

    number: int
    audiences: int

    @property
    def name(self) -> str:
        """Return the site's name."""
        return f"s{self.number:05}"

    @property
    def key(self) -> str:
        """Return the key of its account."""
        return f"{self.number + 1:032x}-us6"

    def list_id(self, place: int) -> str:
        """Return the id of one of its audiences."""
        return f"{self.number * 100 + place + 1:010x}"

    def group(self, place: int) -> int:
        """Return the number of the audience's group."""
        return self.number * 100 + place + 10

    def people(self, place: int, number: int) -> list[str]:
        """Return the addresses of an audience's people."""
        return [f"p{one}@a{place}.{self.name}.org" for one in range(number)]


@dataclass
class World:
    """The fleet and everything around it."""

    fleet: Fleet
    both: StandIns
    database: str
    place: Path
    charities: list[Charity] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _ended: float = 0.0

    def add(self, number: int, *, audiences: int = 1, people: int = 1, at_mailchimp: bool = True) -> list[Charity]:
        """Add charities, whose people are on both sides."""
        added = [Charity(len(self.charities) + one, audiences) for one in range(number)]
        for charity in added:
            self._furnish(charity, people, at_mailchimp=at_mailchimp)
            self.fleet.add(charity.name)
            with self.fleet.open(charity.name) as site:
                site.save(self._configuration(charity), "benchmark")
        self.charities += added
        return added

    def _furnish(self, charity: Charity, people: int, *, at_mailchimp: bool) -> None:
        both = self.both
        both.control(both.mailchimp, "add_account", {"api_key": charity.key, "account_name": charity.name})
        for place in range(charity.audiences):
            names = {"list_id": charity.list_id(place), "name": f"{charity.name} {place}"}
            both.control(both.mailchimp, "add_audience", {"api_key": charity.key, **names})
            both.control(both.civicrm, "add_group", {"group_id": charity.group(place), "title": names["name"]})
            added = {str(charity.group(place)): {"status": "Added", "date": SYNCED_AT}}
            everyone = charity.people(place, people)
            modified = {"groups": added, "modified_date": PAST}
            contacts = [{"first_name": "A", "emails": [one], **modified} for one in everyone]
            both.control(both.civicrm, "load_contacts", {"contacts": contacts})
            if at_mailchimp:
                members = [{"email_address": one, "last_changed": SYNCED_AT} for one in everyone]
                both.control(both.mailchimp, "load_members", {"list_id": names["list_id"], "members": members})

    def _configuration(self, charity: Charity) -> Configuration:
        url = f"{self.both.mailchimp}/3.0"
        return Configuration(
            civicrm=CivicrmSite(url=self.both.civicrm, api_key=SecretStr(CIVICRM_KEY)),
            accounts={"main": Account(api_key=SecretStr(charity.key), base_url=url)},
            connections=tuple(
                Link(
                    account="main",
                    audience_id=charity.list_id(place),
                    group_id=charity.group(place),
                    schedule=EVERY_MINUTE,
                )
                for place in range(charity.audiences)
            ),
        )

    def delay(self, seconds: float) -> None:
        """Let each answer of both sides take so long."""
        for url in (self.both.mailchimp, self.both.civicrm):
            self.both.control(url, "clear_faults", {})
            if seconds:
                self.both.control(url, "fault", {"kind": "delay", "seconds": seconds, "times": 10**9})

    def start(self, number: int = 1, *, concurrency: int = 8) -> None:
        """Start workers."""
        options = ["--concurrency", str(concurrency), "--json-logs"]
        command = [sys.executable, "-c", "from mailchimpsync.cli.main import main; main()"]
        words = ["--home", str(self.fleet.settings.home), "worker", *options]
        for _ in range(number):
            log = (self.place / f"worker-{uuid4().hex}.log").open("wb")
            self.workers.append(subprocess.Popen([*command, *words], stdout=log, stderr=log))

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker at once."""
        self._ended += seconds_of(worker.pid)
        worker.kill()
        worker.wait(timeout=10)
        self.workers.remove(worker)

    def stop(self) -> None:
        """End all workers, as an administrator would."""
        for worker in self.workers:
            self._ended += seconds_of(worker.pid)
            worker.terminate()
        for worker in self.workers:
            worker.wait(timeout=20)
        self.workers.clear()

    def cost(self) -> Cost:
        """Return what everything has cost so far."""
        query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        transactions = int(self.ask(query)[0][0])
        workers = self._ended + sum(seconds_of(one.pid) for one in self.workers)
        return Cost(workers, database_seconds(self.database), self.both.requests(), transactions)

    def ask(self, query: str, **values: Any) -> list[Any]:
        """Return the rows of a query to the fleet's schema."""
        with self.fleet.store.begin() as tx:
            return list(tx.execute(text(query), values).all())

    def plan(self) -> None:
        """Let the workers look what is due, everywhere."""
        self.fleet.queue.enqueue(Place(Job(Kind.PLAN)))

    def settle(self, seconds: float = 600) -> None:
        """Wait until each connection has been synced once and waits for its next minute."""
        wanted = sum(charity.audiences for charity in self.charities)
        query = "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'later' AND args->>'kind' = 'sync'"
        self.plan()
        wait(lambda: int(self.ask(query)[0][0]) >= wanted * 0.95 and not self.waiting_long(), seconds)

    def waiting_long(self) -> int:
        """Return how many syncs take turns."""
        query = "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'long' AND args->>'kind' = 'sync'"
        return int(self.ask(query)[0][0])


def wait(happened: Callable[[], bool], seconds: float) -> float:
    """Wait until something has happened, and return how long that took."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began > seconds:
            raise TimeoutError("it never happened")
        time.sleep(0.2)
    return time.monotonic() - began


def seconds_of(pid: int) -> float:
    """Return the processor time of a process, and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(one) for one in fields[11:15]) / TICKS


def memory_of(pid: int) -> float:
    """Return the memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def database_seconds(name: str) -> float:
    """Return the processor time of PostgreSQL's processes on this machine that serve a database."""
    found = subprocess.run(["/usr/bin/pgrep", "-f", f"postgres: .*{name}"], capture_output=True, text=True, check=False)
    return sum(seconds_of(int(pid)) for pid in found.stdout.split())


@contextmanager
def world() -> Iterator[World]:
    """Make a fleet in a database of its own, and remove everything at the end."""
    url = make_url(SERVER)
    name = f"mailchimpsync_bench_{uuid4().hex[:8]}"
    admin = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection, ExitStack() as stack, TemporaryDirectory() as place:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        stack.callback(connection.exec_driver_sql, f"DROP DATABASE {name} WITH (FORCE)")
        database = url.set(database=name).render_as_string(hide_password=False)
        both = stack.enter_context(stand_ins(Path(place)))
        made = stack.enter_context(create_fleet(Path(place) / "fleet", database))
        one = World(made, both, name, Path(place))
        try:
            yield one
        finally:
            one.stop()
            for charity in one.charities:
                made.remove(charity.name)  # roles belong to the whole server
