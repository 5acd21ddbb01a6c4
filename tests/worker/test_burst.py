"""5,000 webhooks at once, with CiviCRM failing half of the time: nothing is lost, nothing is done twice.

CiviCRM recovers after a while, so that the test is quick; with MAILCHIMPSYNC_TEST_BURST=long it never does, which takes
some minutes.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import httpx2
import pytest
from sqlalchemy import func, select

from mailchimpsync.actions import fetchandreconcile
from mailchimpsync.config import Schedule
from mailchimpsync.store.schema import event, journal
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind, FaultPlan
from support.service import LIST_ID, LONG_AGO, NEWS, WEBHOOK_SECRET, Charity, RunningService, Serve

pytestmark = pytest.mark.thorough

PEOPLE = 1_000
LEAVING = 500
EVENTS_EACH = 4
TWICE = 1_000
CONNECTIONS = 20
IS_LONG = os.environ.get("MAILCHIMPSYNC_TEST_BURST") == "long"
FAILURES = 1_000_000 if IS_LONG else 12
PATIENCE_SECONDS = 900 if IS_LONG else 120


class HalfOfTheTime(FaultPlan):
    """Every second request fails, by chance; half of those have done their work before."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)
        self._guard = Lock()
        self.failed = 0

    def take(self, method: str, path: str) -> Fault | None:  # noqa: ARG002 (the base class names them)
        with self._guard:
            if self.failed >= FAILURES or self._chance.random() < 0.5:
                return None
            self.failed += 1
            return Fault(self._chance.choice([FaultKind.STATUS, FaultKind.DROP_AFTER]))


def address(number: int) -> str:
    return f"person{number}@example.org"


def furnish(charity: Charity) -> None:
    """Let everyone be subscribed on both sides, and in sync."""
    added = {NEWS: {"status": "Added", "date": LONG_AGO}}
    people = [{"first_name": "P", "emails": [address(n)], "groups": added} for n in range(PEOPLE)]
    charity.civicrm.load_contacts(people)
    members = [{"email_address": address(n), "last_changed": LONG_AGO} for n in range(PEOPLE)]
    charity.mailchimp.load_members(LIST_ID, members)
    with charity.site() as site:
        fetchandreconcile(site)


def letters() -> list[dict[str, str]]:
    """Return what Mailchimp tells: four events about each person, and a thousand of them once more."""
    found = [
        {
            "type": "unsubscribe" if number < LEAVING else "profile",
            "fired_at": f"2026-11-20 12:00:{second:02}",
            "data[list_id]": LIST_ID,
            "data[email]": address(number),
            "data[merges][FNAME]": "P",
        }
        for number in range(PEOPLE)
        for second in range(EVENTS_EACH)
    ]
    chance = random.Random(7)
    found += chance.sample(found, TWICE)
    chance.shuffle(found)
    return found


def deliver(service: RunningService, some: Sequence[dict[str, str]]) -> list[int]:
    """Send letters over one connection, one after the other."""
    with httpx2.Client(timeout=60) as http:
        where = f"{service.url}/webhook/audience"
        return [http.post(where, params={"secret": WEBHOOK_SECRET}, data=one).status_code for one in some]


def test_nothing_is_lost_or_done_twice(charity: Charity, serve: Serve) -> None:
    charity.make_site(Schedule(enabled=False))
    furnish(charity)
    for number in range(LEAVING):
        charity.mailchimp.act(LIST_ID, address(number), "user", change="unsubscribe")
    faults = charity.civicrm.faults = HalfOfTheTime(1)
    service, post = serve(), letters()

    with ThreadPoolExecutor(CONNECTIONS) as senders:
        shares = [post[start::CONNECTIONS] for start in range(CONNECTIONS)]
        answers = Counter(
            answer for found in senders.map(lambda some: deliver(service, some), shares) for answer in found
        )

    assert len(post) == 5_000
    assert answers == {200: 5_000}
    with charity.site() as site:

        def states() -> dict[str, int]:
            with site.store.begin() as tx:
                found = tx.execute(select(event.c.state, func.count()).group_by(event.c.state))
                return {row.state: int(row[1]) for row in found}

        service.wait_for(lambda: "waiting" not in states(), PATIENCE_SECONDS)
        assert states() == {"done": PEOPLE * EVENTS_EACH}
        with site.store.begin() as tx:
            entries = tx.execute(select(journal.c.side, journal.c.contact_id, journal.c.field, journal.c.new)).all()
    assert faults.failed > 0
    charity.civicrm.faults = FaultPlan()
    statuses = Counter(charity.group_members().values())
    assert statuses == {"Removed": LEAVING, "Added": PEOPLE - LEAVING + 2}
    removals = [entry for entry in entries if entry.new == "Removed"]
    assert len(removals) == len({entry.contact_id for entry in removals})
    assert Counter(charity.members().values()) == {"unsubscribed": LEAVING, "subscribed": PEOPLE - LEAVING + 2}
