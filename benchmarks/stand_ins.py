"""Both stand-ins as processes of their own, filled with a charity of a given size."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

MAILCHIMP_KEY = "0123456789abcdef0123456789abcdef-us1"
CIVICRM_KEY = "sandbox-civicrm-key"
LIST_ID = "bench00001"
GROUP = 8
INTERESTS = {"a1b2c3d4e5": 9, "b1c2d3e4f5": 10}
LOADED_AT_ONCE = 10_000
SYNCED_AT = "2026-03-01T10:00:00+00:00"


@dataclass(frozen=True)
class StandIns:
    """Where the stand-ins listen."""

    mailchimp: str
    civicrm: str

    def control(self, url: str, action: str, values: dict[str, Any]) -> Any:
        """Call a control action."""
        answer = httpx2.post(f"{url}/_control/{action}", json=values, timeout=300)
        answer.raise_for_status()
        return answer.json()

    def requests(self) -> int:
        """Return how many requests both have answered since the last `forget_requests`."""
        return sum(int(self.control(url, "log", {})["total"]) for url in (self.mailchimp, self.civicrm))

    def seconds(self) -> float:
        """Return the time both have taken to answer since the last `forget_requests`."""
        return sum(float(self.control(url, "log", {})["seconds"]) for url in (self.mailchimp, self.civicrm))

    def forget_requests(self) -> None:
        """Count from zero again."""
        for url in (self.mailchimp, self.civicrm):
            self.control(url, "clear_log", {})


@contextmanager
def stand_ins(directory: Path) -> Iterator[StandIns]:
    """Start both, with their databases in a directory, and stop them at the end."""
    with serving("mailchimp", directory) as mailchimp, serving("civicrm", directory) as civicrm:
        yield StandIns(mailchimp, civicrm)


@contextmanager
def serving(name: str, directory: Path) -> Iterator[str]:
    """Start one, with its database in a directory, yield where it listens, and stop it at the end."""
    where = ["--port", "0", "--database", str(directory / name)]
    command = [sys.executable, "-m", f"mailchimpsync_sandbox.{name}", *where]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield _url(process)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _url(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    return line.strip().rpartition(" ")[2]


def fill(both: StandIns, people: int, *, at_mailchimp: bool = True) -> None:
    """Put people into the group and its interests' groups, and, in sync with that, into the audience."""
    both.control(both.mailchimp, "add_account", {"api_key": MAILCHIMP_KEY, "account_name": "Bench"})
    both.control(
        both.mailchimp,
        "add_audience",
        {
            "api_key": MAILCHIMP_KEY,
            "list_id": LIST_ID,
            "name": "Bench",
            "interests": {interest: f"Topics: {interest}" for interest in INTERESTS},
        },
    )
    for group in (GROUP, *INTERESTS.values()):
        both.control(both.civicrm, "add_group", {"group_id": group, "title": f"Group {group}"})
    for start in range(0, people, LOADED_AT_ONCE):
        numbers = range(start, min(start + LOADED_AT_ONCE, people))
        both.control(both.civicrm, "load_contacts", {"contacts": [contact(number) for number in numbers]})
        if at_mailchimp:
            both.control(
                both.mailchimp, "load_members", {"list_id": LIST_ID, "members": [member(number) for number in numbers]}
            )


def address(number: int) -> str:
    """Return the address of a person."""
    return f"person{number}@charity{number % 97}.org"


def _groups_of(number: int) -> list[int]:
    return [group for place, group in enumerate(INTERESTS.values()) if number % (place + 3) == 0]


def contact(number: int) -> dict[str, Any]:
    """Return a person as CiviCRM knows it."""
    added = {"status": "Added", "date": SYNCED_AT}
    return {
        "id": number + 1_000,
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "modified_date": SYNCED_AT,
        "emails": [{"email": address(number), "is_primary": True}],
        "groups": dict.fromkeys((GROUP, *_groups_of(number)), added),
    }


def member(number: int) -> dict[str, Any]:
    """Return a person as Mailchimp knows it."""
    groups = _groups_of(number)
    return {
        "email_address": address(number),
        "status": "subscribed",
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "interests": {interest: group in groups for interest, group in INTERESTS.items()},
        "last_changed": SYNCED_AT,
    }
