"""Measures what the engine must reach, and prints it as a table: `python benchmarks/run.py` (about ten minutes).

`--quick` takes a tenth of the sizes, to see that it works. All ratios come from one run on one machine.
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

from stand_ins import CIVICRM_KEY, GROUP, INTERESTS, LIST_ID, MAILCHIMP_KEY, StandIns, address, fill, stand_ins

HERE = Path(__file__).parent
REPEATS = 3
CHANGES = 100


@dataclass(frozen=True)
class World:
    """Both stand-ins with so many people, and where to keep databases."""

    both: StandIns
    directory: Path
    people: int

    def bare(self, name: str) -> float:
        """Return the seconds the bare script takes."""
        groups = json.dumps([GROUP, *INTERESTS.values()])
        civicrm = f"{self.both.civicrm}/civicrm/ajax/api4/{{entity}}/{{action}}"
        return float(self._python("bare.py", civicrm, groups, str(self.directory / name)))

    def ours(self, name: str, *, everything: bool = False) -> dict[str, Any]:
        """Run the engine once on the database `name`, and return what it took."""
        links = json.dumps([GROUP, INTERESTS, everything])
        url = f"sqlite:///{self.directory / name}.sqlite"
        self.both.forget_requests()
        took: dict[str, Any] = json.loads(self._python("ours.py", self.both.civicrm, links, url))
        return {**took, "requests": self.both.requests(), "stand_ins": self.both.seconds()}

    def _python(self, script: str, civicrm: str, *arguments: str) -> str:
        where = (f"{self.both.mailchimp}/3.0", MAILCHIMP_KEY, LIST_ID, civicrm, CIVICRM_KEY)
        command = [sys.executable, str(HERE / script), *where, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def _world(people: int, *, at_mailchimp: bool = True) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as directory, stand_ins(Path(directory)) as both:
        fill(both, people, at_mailchimp=at_mailchimp)
        yield World(both, Path(directory), people)


def full(people: int) -> dict[str, float]:
    """A first, full run where all are in sync already, in turn with the bare script."""
    with _world(people) as world:
        pairs = [(world.bare(f"bare{i}"), world.ours(f"ours{i}")) for i in range(REPEATS)]
        again = world.ours("ours0", everything=True)
    return {
        "bare": statistics.median(bare for bare, _ in pairs),
        "seconds": statistics.median(ours["seconds"] for _, ours in pairs),
        "ratio": statistics.median(ours["seconds"] / bare for bare, ours in pairs),
        "again": again["seconds"],
        "peak_mb": max(ours["peak_mb"] for _, ours in pairs),
        "requests": pairs[0][1]["requests"],
    }


def incremental(people: int) -> dict[str, float]:
    """100 changes, half on each side, and the run that carries them over."""
    with _world(people) as world:
        world.ours("ours")
        taken = []
        for turn in range(REPEATS):
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


def first_sync(people: int) -> dict[str, float]:
    """All are in CiviCRM only, so that each is sent to Mailchimp."""
    with _world(people, at_mailchimp=False) as world:
        ours = world.ours("ours")
    return {
        "seconds": ours["seconds"],
        "cpu": ours["cpu"],
        "rows_per_cpu_second": people / ours["cpu"],
        **ours["stages"],
    }


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    scale = 10 if parser.parse_args().quick else 1
    results: dict[str, dict[str, float]] = {}
    for people in (25_000, 100_000, 250_000):
        results[f"full {people // scale}"] = full(people // scale)
        print(json.dumps(results[f"full {people // scale}"]), file=sys.stderr, flush=True)
    for people in (2_500, 250_000):
        results[f"incremental {people // scale}"] = incremental(people // scale)
        print(json.dumps(results[f"incremental {people // scale}"]), file=sys.stderr, flush=True)
    results[f"first {100_000 // scale}"] = first_sync(100_000 // scale)
    for name, result in results.items():
        print(f"| {name} | " + ", ".join(f"{key} {value:,.3g}" for key, value in result.items()) + " |")


if __name__ == "__main__":
    main()
