"""Measures how soon each screen is there: `python benchmarks/screens.py` (about two minutes).

Fills a site with 250,000 people, serves it, and opens each page of `PAGES` in Chromium six times: the first time does
not count; of the others the best and the median are told, and the median is held against the limit.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import insert
from stand_ins import GROUP, INTERESTS, LIST_ID, stand_ins
from webhooks import make_site, served

from mailchimpsync.actions import Site
from mailchimpsync.addresses import member_id_of
from mailchimpsync.config import Link, Schedule
from mailchimpsync.model import Stage
from mailchimpsync.store.engine.dialect import insert_rows
from mailchimpsync.store.schema import cache, figure, group_contact, run, status, update
from mailchimpsync.web.wsgi import make_application

PAGES = {
    "overview": "/",
    "connection": f"/connections/{LIST_ID}",
    "history": f"/connections/{LIST_ID}/runs",
    "everybody": "/everybody",
    "everybody: far down": "/everybody?after=200000~200000",
    "everybody: by contact, far down": "/everybody?sort=contact&after=200000~200000",
    "everybody: cannot be synced": "/everybody?sync_status=fail",
    "everybody: … by address": "/everybody?sync_status=fail&sort=email",
    "everybody: cleaned": "/everybody?mailchimp_status=cleaned",
    "everybody: removed": "/everybody?civicrm_status=Removed",
    "everybody: address has “zzz”": "/everybody?email=zzz",
    "everybody: of one reason": "/everybody?reason=MC_BAD_EMAIL",
    "everybody: to be added": "/everybody?show=to_add",
    "everybody: to be removed": "/everybody?show=to_remove",
    "everybody: cannot be subscribed": "/everybody?show=cannot_subscribe",
    "one row": "/everybody/125000",
    "cannot be synced": "/cannot-sync",
    "people": "/people",
    "people: one": "/people?person=125000",
    "plans": "/plans",
    "configuration": "/configuration",
    "users": "/users",
}
"""What is opened, by what the table calls it."""

LIMIT_MS = 200
TIMES = 5
PASSWORD = "a long word for a benchmark"  # noqa: S105 (of a site that is thrown away)
_FIRST_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
    const paint = list.getEntriesByName("first-contentful-paint")[0];
    if (paint) done(paint.startTime);
}).observe({type: "paint", buffered: true}))"""
_ROWS_AT_ONCE = 10_000
_NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Taken:
    """Milliseconds: to the first byte of the answer, and to the first thing to be seen."""

    status: int
    first_byte: float
    first_paint: float


@dataclass(frozen=True)
class Measured:
    """The best and the median of some times."""

    status: int
    best: Taken
    median: Taken


def _person(chance: random.Random, number: int, list_id: str) -> tuple[dict[str, Any], str]:
    """Return a row, and the contact's status in the groups."""
    name = chance.choice(["ann", "bob", "carla", "dmitri"])
    address = f"{name}.{chance.choice(['smith', 'müller', 'jones'])}{number}@example{number % 50}.org"
    member_status = chance.choices(["subscribed", "unsubscribed", "cleaned", "pending"], [81, 15, 2, 2])[0]
    sync_status = chance.choices(["ok", "fail", "todo"], [970, 20, 10])[0]
    subscribed, member = member_status in ("subscribed", "pending"), member_id_of(address)
    changed_at = _NOW - timedelta(minutes=chance.randrange(500_000))
    reasons = {
        "ok": "IN_SYNC" if subscribed else "NOT_SUBSCRIBED",
        "fail": chance.choice(["MC_COMPLIANCE", "CV_OTHER_ADDRESS", "MC_BAD_EMAIL"]),
        "todo": None,
    }
    row = {
        "mailchimp_list_id": list_id,
        "identity": f"m:{member}",
        "mailchimp_member_id": member,
        "mailchimp_contact_id": member[::-1],
        "mailchimp_email": address,
        "mailchimp_status": member_status,
        "mailchimp_status_date": changed_at,
        "mailchimp_updated": changed_at,
        "mailchimp_data": {"first_name": name.title(), "last_name": "Smith"},
        "mailchimp_interests": {key: chance.random() < 0.5 for key in INTERESTS},
        "civicrm_contact_id": number,
        "sync_status": sync_status,
        "reason": reasons[sync_status],
        "base_subscribed": subscribed,
        "base_interests": dict.fromkeys(INTERESTS, True),
        "seen_run": 1,
    }
    return row, "Added" if subscribed else "Removed"


def _memberships(row: dict[str, Any], group_status: str, link: Link) -> Iterator[dict[str, Any]]:
    for group in (link.group_id, *link.interests.values()):
        yield {
            "list_id": link.audience_id,
            "contact_id": row["civicrm_contact_id"],
            "group_id": group,
            "status": group_status,
            "date": row["mailchimp_status_date"],
            "seen_run": 1,
        }


def furnish(site: Site, people: int) -> None:
    """Let each connection be as after its first sync of so many people, of whom some can't be synced."""
    chance = random.Random(1)
    for link in site.configuration.connections:
        _furnish(site, link, people, chance)
    with site.store.begin() as tx:
        insert_rows(tx, update, [_refused(number) for number in range(1, people, 500)])
    site.store.refresh_statistics()


def _furnish(site: Site, link: Link, people: int, chance: random.Random) -> None:
    list_id = link.audience_id
    for start in range(1, people + 1, _ROWS_AT_ONCE):
        some = [_person(chance, number, list_id) for number in range(start, min(start + _ROWS_AT_ONCE, people + 1))]
        with site.store.begin() as tx:
            insert_rows(tx, cache, [row for row, _ in some])
            insert_rows(tx, group_contact, [one for row, group in some for one in _memberships(row, group, link)])
    with site.store.begin() as tx:
        ended = {"finished_at": _NOW, "outcome": "done", "counts": {"members": people}}
        tx.execute(insert(run).values(list_id=list_id, started_at=_NOW - timedelta(minutes=2), **ended))
        tx.execute(insert(status).values(list_id=list_id, last_sync_time=_NOW, stage=Stage.FETCH.value))
        names = ("civicrm", "mailchimp", "joined", "left MAILCHIMP_LEFT")
        days = [(_NOW - timedelta(days=ago)).date() for ago in range(365)]
        insert_rows(
            tx, figure, [{"day": day, "name": name, "list_id": list_id, "number": 9} for day in days for name in names]
        )


def connect_more(site: Site, connections: int) -> None:
    """Connect more audiences, without interests, for `--connections`."""
    [first] = site.configuration.connections
    more = [
        first.model_copy(update={"audience_id": f"more{number:06}", "group_id": GROUP + 100 + number, "interests": {}})
        for number in range(1, connections)
    ]
    site.save(site.configuration.model_copy(update={"connections": (first, *more)}), "benchmark")


def _refused(row_id: int) -> dict[str, Any]:
    answer = '{"code": "MC_BAD_EMAIL", "detail": "Please provide a valid email address."}'
    return {
        "mailchimpsync_cache_id": row_id,
        "data": {"status": "subscribed"},
        "completed": 1,
        "error_response": answer,
        "created_date": _NOW,
    }


def add_user(site: Site) -> None:
    """Let Ada sign in."""
    make_application(site)
    from mailchimpsync.web.accounts import create_user  # noqa: PLC0415 (there are no models before)
    from mailchimpsync.web.models import Role  # noqa: PLC0415

    ada = create_user("ada", Role.ADMINISTRATOR, "benchmark")
    ada.set_password(PASSWORD)
    ada.save()


def sign_in(page: Page, url: str) -> None:
    """Sign in as Ada."""
    page.goto(f"{url}/sign-in")
    page.locator("[name=username]").fill("ada")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.primary").click()
    page.wait_for_url(f"{url}/")


def open_page(page: Page, url: str) -> Taken:
    """Open a page, and ask Chromium when its parts were there."""
    answer = page.goto(url)
    first_byte = page.evaluate("performance.getEntriesByType('navigation')[0].responseStart")
    first_paint = page.evaluate(_FIRST_PAINT)
    page.wait_for_load_state("networkidle")  # what a page loads later is not to slow down the next one
    return Taken(answer.status if answer else 0, first_byte, first_paint)


def measure(page: Page, url: str) -> Measured:
    """Open a page some times, after one that doesn't count."""
    taken = [open_page(page, url) for _ in range(TIMES + 1)][1:]
    status = max(one.status for one in taken)
    bytes_, paints = [one.first_byte for one in taken], [one.first_paint for one in taken]
    return Measured(
        status,
        Taken(status, min(bytes_), min(paints)),
        Taken(status, statistics.median(bytes_), statistics.median(paints)),
    )


def tell(name: str, taken: Measured) -> None:
    """Print a line of the table."""
    if taken.status != 200:
        print(f"| {name} | answered {taken.status} | | |", flush=True)
        return
    verdict = "✓" if taken.median.first_paint <= LIMIT_MS else "**missed**"
    first_byte = f"{taken.best.first_byte:.0f}, {taken.median.first_byte:.0f} ms"
    first_paint = f"{taken.best.first_paint:.0f}, {taken.median.first_paint:.0f} ms"
    print(f"| {name} | {first_byte} | {first_paint} | {verdict} |", flush=True)


def main() -> None:
    """Measure all pages, or those whose names have a word in them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=250_000)
    parser.add_argument("--connections", type=int, default=1, help="how many connections, each with so many people")
    parser.add_argument("--only", default="", help="a word in the names of pages")
    given = parser.parse_args()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "site"
        both = stack.enter_context(stand_ins(home.parent))
        site = stack.enter_context(make_site(home, both, Schedule(enabled=False), None))
        connect_more(site, given.connections)
        furnish(site, given.people)
        add_user(site)
        where = stack.enter_context(served(home))
        chromium = stack.enter_context(sync_playwright()).chromium
        flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        stack.callback(browser.close)
        page = browser.new_page()
        sign_in(page, f"http://{where}")
        print("| page | first byte: best, median | first paint: best, median | |\n|---|---|---|---|")
        for name, path in PAGES.items():
            if given.only in name:
                tell(name, measure(page, f"http://{where}{path}"))


if __name__ == "__main__":
    main()
