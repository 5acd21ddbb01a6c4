"""Measures what the engine must reach, and prints it as a table: `python benchmarks/run.py` (about ten minutes).

`--quick` takes a tenth of the sizes, to see that it works; `--only` and `--people` take a part; `--database` takes a
server on which databases may be created, such as `postgresql://postgres@127.0.0.1/postgres`. All ratios come from one
run on one machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from stand_ins import CIVICRM_KEY, GROUP, INTERESTS, LIST_ID, MAILCHIMP_KEY, StandIns, address, fill, stand_ins

from mailchimpsync.store.engine.dialect import connect

HERE = Path(__file__).parent
CHANGES = 100
DATABASE = "mailchimpsync_benchmark"


@dataclass(frozen=True)
class Databases:
    """Where the databases of ours are made: in a directory, or on a server."""

    server: str | None

    def new(self, name: str, directory: Path) -> str:
        """Return the URL of the database of this name, which is made on a server if it isn't there yet."""
        if self.server is None:
            return f"sqlite:///{directory / name}.sqlite"
        url = make_url(self.server).set(database=f"{DATABASE}_{name}")
        self._on_server(f"CREATE DATABASE {url.database}", ignored="exists")
        return url.render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        """Drop a database on a server."""
        if self.server is not None:
            self._on_server(f"DROP DATABASE IF EXISTS {DATABASE}_{name}")

    def _on_server(self, statement: str, ignored: str | None = None) -> None:
        engine = connect(self.server or "").execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            try:
                connection.execute(text(statement))
            except DBAPIError as error:
                if ignored is None or ignored not in str(error):
                    raise
        engine.dispose()


@dataclass(frozen=True)
class Plan:
    """What to measure: where, and how often."""

    databases: Databases
    repeats: int


@dataclass(frozen=True)
class World:
    """Both stand-ins with so many people, and where to keep databases."""

    both: StandIns
    directory: Path
    people: int
    databases: Databases

    def bare(self, name: str) -> float:
        """Return the seconds the bare script takes."""
        groups = json.dumps([GROUP, *INTERESTS.values()])
        civicrm = f"{self.both.civicrm}/civicrm/ajax/api4/{{entity}}/{{action}}"
        return float(self._python("bare.py", civicrm, groups, str(self.directory / name)))

    def ours(self, name: str, *, everything: bool = False) -> dict[str, Any]:
        """Run the engine once on the database `name`, and return what it took."""
        links = json.dumps([GROUP, INTERESTS, everything])
        url = self.databases.new(name, self.directory)
        self.both.forget_requests()
        took: dict[str, Any] = json.loads(self._python("ours.py", self.both.civicrm, links, url))
        return {**took, "requests": self.both.requests(), "stand_ins": self.both.seconds()}

    def _python(self, script: str, civicrm: str, *arguments: str) -> str:
        where = (f"{self.both.mailchimp}/3.0", MAILCHIMP_KEY, LIST_ID, civicrm, CIVICRM_KEY)
        command = [sys.executable, str(HERE / script), *where, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def _world(people: int, plan: Plan, *, at_mailchimp: bool = True) -> Iterator[World]:
    names = ["ours", *(f"ours{i}" for i in range(plan.repeats))]
    for name in names:
        plan.databases.drop(name)
    with tempfile.TemporaryDirectory() as directory, stand_ins(Path(directory)) as both:
        fill(both, people, at_mailchimp=at_mailchimp)
        yield World(both, Path(directory), people, plan.databases)
    for name in names:
        plan.databases.drop(name)


def full(people: int, plan: Plan) -> dict[str, float]:
    """A first, full run where all are in sync already, in turn with the bare script."""
    with _world(people, plan) as world:
        pairs = [(world.bare(f"bare{i}"), world.ours(f"ours{i}")) for i in range(plan.repeats)]
        again = world.ours("ours0", everything=True)
    return {
        "bare": statistics.median(bare for bare, _ in pairs),
        "seconds": statistics.median(ours["seconds"] for _, ours in pairs),
        "cpu": statistics.median(ours["cpu"] for _, ours in pairs),
        "ratio": statistics.median(ours["seconds"] / bare for bare, ours in pairs),
        "again": again["seconds"],
        "peak_mb": max(ours["peak_mb"] for _, ours in pairs),
        "requests": pairs[0][1]["requests"],
    }


def incremental(people: int, plan: Plan) -> dict[str, float]:
    """100 changes, half on each side, and the run that carries them over."""
    with _world(people, plan) as world:
        world.ours("ours")
        taken = []
        for turn in range(plan.repeats):
            _change(world, turn)
            taken.append(world.ours("ours"))
    return {
        "seconds": statistics.median(ours["seconds"] for ours in taken),
        "requests": max(ours["requests"] for ours in taken),
    }


def _change(world: World, turn: int) -> None:
    half = CHANGES // 2
    first = turn * CHANGES
    for number in (n % world.people for n in range(first, first + half)):
        interests = dict.fromkeys(INTERESTS, True)
        act = {"list_id": LIST_ID, "email": address(number), "as_": "user", "change": "interests"}
        world.both.control(world.both.mailchimp, "act", {**act, "interests": interests})
    records = [
        {"contact_id": number + 1_000, "group_id": GROUP, "status": "Removed"}
        for number in (n % world.people for n in range(first + half, first + CHANGES))
    ]
    params = {"records": records, "match": ["contact_id", "group_id"]}
    call = {"entity": "GroupContact", "action": "save", "params": params}
    world.both.control(world.both.civicrm, "call", call)


def first_sync(people: int, plan: Plan) -> dict[str, float]:
    """All are in CiviCRM only, so that each is sent to Mailchimp."""
    with _world(people, plan, at_mailchimp=False) as world:
        ours = world.ours("ours")
    return {
        "seconds": ours["seconds"],
        "cpu": ours["cpu"],
        "rows_per_cpu_second": people / ours["cpu"],
        **ours["stages"],
    }


MEASURES = {"full": full, "incremental": incremental, "first": first_sync}
SIZES = {"full": (25_000, 100_000, 250_000), "incremental": (2_500, 250_000), "first": (100_000,)}


def main() -> None:
    """Measure, and print each result as a line of a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=MEASURES)
    parser.add_argument("--people", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--database", help="a server's URL; else SQLite")
    options = parser.parse_args()
    plan = Plan(Databases(options.database), options.repeats)
    for kind, measure in MEASURES.items():
        if options.only in (None, kind):
            for people in (options.people,) if options.people else SIZES[kind]:
                size = people // 10 if options.quick else people
                print(_line(f"{kind} {size:,}", measure(size, plan)), flush=True)


def _line(name: str, result: dict[str, float]) -> str:
    return f"| {name} | " + ", ".join(f"{what} {value:,.3g}" for what, value in result.items()) + " |"


if __name__ == "__main__":
    main()
