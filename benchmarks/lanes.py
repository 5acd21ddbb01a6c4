"""Measures lanes beside a Mailchimp as slow as the real one: `python benchmarks/lanes.py`.

With `--people N`, `--under-way N` and `--only opt-out` or `--only first-sync`.

A call takes 0.36 s, a bulk call 10 s, and a batch waits 40 s and then does 10 operations a second (`options.SLOW`).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from sqlalchemy import func, select
from stand_ins import CIVICRM_KEY, GROUP, INTERESTS, LIST_ID, MAILCHIMP_KEY, StandIns, address, fill, stand_ins
from webhooks import make_site, served

from mailchimpsync.actions import Site, fetchandreconcile
from mailchimpsync.addresses import member_id_of
from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.config import Schedule
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store
from mailchimpsync.store.schema import update
from mailchimpsync.sync import Options, Result, Systems, run_connection
from mailchimpsync_sandbox.mailchimp.options import SLOW


@contextmanager
def _engine(both: StandIns, directory: Path) -> Iterator[Systems]:
    runtime, store = Runtime(), Store(f"sqlite:///{directory / 'ours'}.sqlite")
    store.migrate()
    with (
        MailchimpClient(MAILCHIMP_KEY, runtime, base_url=f"{both.mailchimp}/3.0") as mailchimp,
        CivicrmClient(both.civicrm, CIVICRM_KEY, runtime) as civicrm,
    ):
        yield Systems(store, mailchimp, civicrm, runtime)


def _sync(systems: Systems) -> Result:
    connection = Connection(LIST_ID, GROUP, INTERESTS)
    return run_connection(systems, connection, Deadline(systems.runtime), Options(wait_for_batches=True))


def first_sync(people: int) -> None:
    """All are in CiviCRM only."""
    with tempfile.TemporaryDirectory() as name, stand_ins(Path(name)) as both:
        fill(both, people, at_mailchimp=False)
        both.control(both.mailchimp, "set_options", SLOW)
        with _engine(both, Path(name)) as systems:
            started, cpu = time.perf_counter(), time.process_time()
            result = _sync(systems)
            seconds, own = time.perf_counter() - started, time.process_time() - cpu
        print(f"{people:,} only in CiviCRM: {result.outcome} after {seconds:.0f} s, {own:.0f} s of our processor time")


def opt_out(under_way: int) -> None:
    """Someone opts out in CiviCRM while a batch with the interests of many others is under way; the service runs."""
    with tempfile.TemporaryDirectory() as name, stand_ins(Path(name)) as both:
        fill(both, under_way + 1)
        home = Path(name) / "home"
        with make_site(home, both, Schedule(), None) as site:
            fetchandreconcile(site, group_id=GROUP)
            both.control(both.mailchimp, "set_options", SLOW)
            _tick_for_all(both, under_way)
            with served(home):
                _wait_until(lambda: _all_are_in_batches(site))
                last = under_way
                _call(both, "Contact", {"where": [["id", "=", last + 1_000]], "values": {"is_opt_out": True}}, "update")
                seconds = _wait_until(lambda: _status(both, last) == "unsubscribed")
                told = f"one opt-out while {under_way:,} updates are in batches: unsubscribed after {seconds:.0f} s"
                print(told, flush=True)


def _wait_until(is_so: Callable[[], bool]) -> float:
    """Wait, and return for how many seconds."""
    started = time.perf_counter()
    while not is_so():
        time.sleep(1)
    return time.perf_counter() - started


def _all_are_in_batches(site: Site) -> bool:
    numbers = select(func.count(), func.count(update.c.mailchimpsync_batch_id)).where(update.c.completed == 0)
    with site.store.reading() as tx:
        waiting, sent = tx.execute(numbers).one()
    return 0 < waiting == sent


def _status(both: StandIns, number: int) -> str:
    path = f"/3.0/lists/{LIST_ID}/members/{member_id_of(address(number))}"
    answer = httpx2.get(both.mailchimp + path, auth=("benchmark", MAILCHIMP_KEY), timeout=60)
    return str(answer.json()["status"])


def _tick_for_all(both: StandIns, people: int) -> None:
    for start in range(0, people, 1_000):
        numbers = range(start, min(start + 1_000, people))
        groups = list(INTERESTS.values())
        records = [{"contact_id": n + 1_000, "group_id": group, "status": "Added"} for n in numbers for group in groups]
        _call(both, "GroupContact", {"records": records, "match": ["contact_id", "group_id"]}, "save")


def _call(both: StandIns, entity: str, params: dict[str, object], action: str) -> None:
    both.control(both.civicrm, "call", {"entity": entity, "action": action, "params": params})


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--under-way", type=int, default=50_000)
    parser.add_argument("--only", choices=["opt-out", "first-sync"])
    given = parser.parse_args()
    if given.only != "first-sync":
        opt_out(given.under_way)
    if given.only != "opt-out":
        first_sync(given.people)


if __name__ == "__main__":
    main()
