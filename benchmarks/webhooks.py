"""Measures how quickly `serve` answers webhooks: `python benchmarks/webhooks.py` (about two minutes).

5,000 events over 20 connections, each sent as soon as the one before is answered: once while the service has nothing
else to do, once while a full sync of 25,000 members is going on.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import httpx2
from pydantic import SecretStr
from sqlalchemy import func, select
from stand_ins import CIVICRM_KEY, GROUP, INTERESTS, LIST_ID, MAILCHIMP_KEY, StandIns, address, fill, stand_ins

from mailchimpsync.actions import Site, create_site
from mailchimpsync.config import Account, CivicrmSite, Configuration, Guard, Link, Schedule
from mailchimpsync.store.schema import event, run
from mailchimpsync.store.site.webhook_events import WAITING

SECRET = "the-secret-in-the-address-of-webhooks"  # noqa: S105 (of a stand-in)
CONNECTIONS = 20


def make_site(home: Path, both: StandIns, schedule: Schedule, database: str | None) -> Site:
    """Make a site that is connected with the stand-ins."""
    site = create_site(home, database=database)
    account = Account(
        api_key=SecretStr(MAILCHIMP_KEY), base_url=f"{both.mailchimp}/3.0", webhook_secret=SecretStr(SECRET)
    )
    link = Link(
        account="main",
        audience_id=LIST_ID,
        group_id=GROUP,
        interests=INTERESTS,
        schedule=schedule,
        guard=Guard(enabled=False),
    )
    site.save(
        Configuration(
            civicrm=CivicrmSite(url=both.civicrm, api_key=SecretStr(CIVICRM_KEY)),
            accounts={"main": account},
            connections=(link,),
        ),
        "benchmark",
    )
    return site


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Run the service, and yield where it answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{one.getsockname()[1]}"
    command = [sys.executable, "-c", "from mailchimpsync.cli.main import main; main()", "--home", str(home), "serve"]
    process = subprocess.Popen([*command, "--listen", where, "--json-logs"], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                httpx2.get(f"http://{where}/health")
                break
            except httpx2.HTTPError:
                time.sleep(0.05)
        yield where
    finally:
        process.terminate()
        process.wait(timeout=60)


def letters(number: int, people: int) -> list[bytes]:
    """Return the bodies of profile events about people, each different."""
    return [
        urlencode(
            {
                "type": "profile",
                "fired_at": f"2026-11-20 12:{turn // 60 % 60:02}:{turn % 60:02}",
                "data[list_id]": LIST_ID,
                "data[email]": address(turn % people),
                "data[merges][FNAME]": f"P{turn}",
            }
        ).encode()
        for turn in range(number)
    ]


def deliver(where: str, bodies: list[bytes]) -> list[float]:
    """Send bodies over one connection; return the seconds each answer took."""
    taken = []
    connection = HTTPConnection(where)
    for body in bodies:
        started = time.perf_counter()
        connection.request(
            "POST",
            f"/webhook/audience?secret={SECRET}",
            body,
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - started)
        assert answer.status == HTTPStatus.OK, answer.status
    connection.close()
    return taken


def burst(where: str, bodies: list[bytes]) -> dict[str, float]:
    """Send them all, and return what it took, in milliseconds and events a second."""
    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as senders:
        shares = [bodies[start::CONNECTIONS] for start in range(CONNECTIONS)]
        taken = [one for found in senders.map(lambda some: deliver(where, some), shares) for one in found]
    seconds = time.perf_counter() - started
    cuts = statistics.quantiles(taken, n=100)
    return {
        "p50_ms": round(cuts[49] * 1_000, 1),
        "p99_ms": round(cuts[98] * 1_000, 1),
        "max_ms": round(max(taken) * 1_000, 1),
        "answered_per_second": round(len(bodies) / seconds),
    }


def wait_until_handled(site: Site) -> None:
    """Wait until no event waits any more."""
    while True:
        with site.store.begin() as tx:
            if not tx.execute(select(func.count()).where(event.c.state == WAITING)).scalar_one():
                return
        time.sleep(0.2)


def wait_until_running(site: Site) -> None:
    """Wait until a run is at work."""
    while True:
        with site.store.begin() as tx:
            if tx.execute(select(func.count()).select_from(run)).scalar_one():
                return
        time.sleep(0.05)


def measure(number: int, people: int, *, syncing: bool, database: str | None) -> dict[str, float]:
    """Set everything up and send a burst; when quiet, also measure how quickly events are handled."""
    schedule = Schedule(enabled=syncing, every_minutes=1, jitter_seconds=0)
    with tempfile.TemporaryDirectory() as directory, stand_ins(Path(directory)) as both:
        fill(both, people)
        site = make_site(Path(directory) / "home", both, schedule, database)
        with site, served(Path(directory) / "home") as where:
            if syncing:
                wait_until_running(site)
            started = time.perf_counter()
            found = burst(where, letters(number, people))
            if not syncing:
                wait_until_handled(site)
                found["handled_per_second"] = round(number / (time.perf_counter() - started))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--people", type=int, default=25_000)
    parser.add_argument("--quiet-only", action="store_true")
    options = parser.parse_args()
    database = os.environ.get("MAILCHIMPSYNC_BENCHMARK_DATABASE")
    print(json.dumps({"quiet": measure(options.events, 1_000, syncing=False, database=database)}), flush=True)
    if not options.quiet_only:
        print(json.dumps({"syncing": measure(options.events, options.people, syncing=True, database=database)}))


if __name__ == "__main__":
    main()
