"""Measures lanes beside a Mailchimp as slow as the real one: `python benchmarks/lanes.py [--people N] [--under-way N]`.

A call takes 0.36 s, a bulk call 10 s, and a batch waits 40 s and then does 10 operations a second (`options.SLOW`).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stand_ins import CIVICRM_KEY, GROUP, INTERESTS, LIST_ID, MAILCHIMP_KEY, StandIns, address, fill, stand_ins

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store
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


def _sync(systems: Systems, *, wait: bool) -> Result:
    connection = Connection(LIST_ID, GROUP, INTERESTS)
    return run_connection(systems, connection, Deadline(systems.runtime), Options(wait_for_batches=wait))


@contextmanager
def _world(people: int, *, at_mailchimp: bool) -> Iterator[tuple[StandIns, Systems]]:
    with tempfile.TemporaryDirectory() as name, stand_ins(Path(name)) as both:
        fill(both, people, at_mailchimp=at_mailchimp)
        with _engine(both, Path(name)) as systems:
            yield both, systems


def first_sync(people: int) -> None:
    """All are in CiviCRM only."""
    with _world(people, at_mailchimp=False) as (both, systems):
        both.control(both.mailchimp, "set_options", SLOW)
        started, cpu = time.perf_counter(), time.process_time()
        result = _sync(systems, wait=True)
        seconds, own = time.perf_counter() - started, time.process_time() - cpu
        print(f"{people:,} only in CiviCRM: {result.outcome} after {seconds:.0f} s, {own:.0f} s of our processor time")


def opt_out(under_way: int) -> None:
    """Someone opts out in CiviCRM while a batch with the interests of many others is under way."""
    with _world(under_way + 1, at_mailchimp=True) as (both, systems):
        _sync(systems, wait=True)
        both.control(both.mailchimp, "set_options", SLOW)
        _tick_for_all(both, under_way)
        _sync(systems, wait=False)
        last = under_way
        _call(both, "Contact", {"where": [["id", "=", last + 1_000]], "values": {"is_opt_out": True}}, "update")
        started = time.perf_counter()
        _sync(systems, wait=False)
        seconds = time.perf_counter() - started
        members = both.control(both.mailchimp, "members", {"list_id": LIST_ID})
        [status] = [one["status"] for one in members if one["email_address"] == address(last)]
        print(f"one opt-out while {under_way:,} updates are in batches: {status} after a sync of {seconds:.0f} s")


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
    given = parser.parse_args()
    opt_out(given.under_way)
    first_sync(given.people)


if __name__ == "__main__":
    main()
