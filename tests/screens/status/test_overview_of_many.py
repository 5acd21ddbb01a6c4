"""The overview of many connections, and the picture of a year that a board asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from mailchimpsync.config import Configuration, to_stored
from mailchimpsync.store.runs import attempts, runs
from mailchimpsync.store.schema import figure, run
from mailchimpsync.web.models import Role
from mailchimpsync_sandbox.world import AUDIENCE_ID
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import Charity

Visit = Callable[..., Page]
NAMES = ("Alps", "Coast", "Dunes", "Elbe")


def connect_regions(charity: Charity) -> None:
    """Connect four more audiences, which were never synced; the last sync of the dunes has failed."""
    document = to_stored(charity.site.configuration, lambda key: key)
    [first] = document["connections"]
    account = document["accounts"]["Green Paths"]
    document["accounts"]["Branches"] = {**account}
    for place, name in enumerate(NAMES):
        region = {"account": "Branches", "audience_id": f"region{place}", "audience_name": name, "group_title": name}
        document["connections"].append({**first, **region, "group_id": 100 + place, "interests": {}})
    charity.site.save(Configuration.checked(document), "ada")
    with charity.site.store.begin() as tx:
        now = charity.site.runtime.now()
        runs.ensure_row(tx, "region2")
        attempts.record_failure(tx, "region2", now, "MC_AUTH")


def plant_a_year(charity: Charity) -> None:
    """Let the charity have grown by one person a day for a year, with a sync that failed and one that was held."""
    now = charity.site.runtime.now()
    days = [((now - timedelta(days=ago)).date(), 700 - ago) for ago in range(1, 360)]
    with charity.site.store.begin() as tx:
        for day, people in days:
            numbers = {"civicrm": people + 2, "mailchimp": people, "joined": 3, "left MAILCHIMP_LEFT": 2}
            rows = [{"list_id": AUDIENCE_ID, "day": day, "name": name, "number": n} for name, n in numbers.items()]
            tx.execute(insert(figure), rows)
        ended = {"list_id": AUDIENCE_ID, "finished_at": now}
        tx.execute(insert(run).values(**ended, started_at=now - timedelta(days=200), error_code="MC_UNAVAILABLE"))
        tx.execute(insert(run).values(**ended, started_at=now - timedelta(days=90), outcome="held"))


def test_vera_finds_the_worst_of_many_connections_at_the_top_and_filters_and_sorts_them(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=20)
    connect_regions(charity)
    page = visit(charity, "/", Role.VIEWER)
    names = page.locator(".connections-table tbody th a")
    expect(names).to_have_text(["Dunes", "Alps", "Coast", "Elbe", "Green Paths newsletter"])
    expect(page.get_by_role("columnheader", name="Status")).to_have_attribute("aria-sort", "ascending")
    assert accessibility_problems(page) == []

    page.get_by_role("link", name="At Mailchimp").click()
    expect(names.first).to_have_text("Green Paths newsletter")
    page.get_by_label("Account").select_option("Branches")
    page.get_by_label("Search").fill("dun")
    page.get_by_role("button", name="Filter").click()

    expect(names).to_have_text(["Dunes"])
    expect(page.locator("#cards")).to_have_attribute("hx-get", re.compile("account=Branches&q=dun&said=1.of.5"))
    page.set_viewport_size(PHONE)
    assert not is_too_wide(page)


@pytest.mark.thorough
def test_vera_shows_the_board_a_year_and_zooms_into_it_and_without_scripts_the_tables_say_the_same(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=20)
    plant_a_year(charity)
    home = f"/connections/{AUDIENCE_ID}/runs"
    page = visit(charity, home, Role.VIEWER)
    expect(page.locator(".plot canvas")).to_have_count(2)
    expect(page.get_by_text("Sync failed")).to_be_visible()
    expect(page.locator(".board")).to_contain_text("Growth")
    page.get_by_role("button", name="3 months").click()
    expect(page.get_by_role("button", name="3 months")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("row", name="Unsubscribed at Mailchimp")).to_contain_text("99%")
    page.get_by_text("Failed and held syncs").click()
    expect(page.get_by_role("listitem").filter(has_text="held for review")).to_be_visible()
    assert accessibility_problems(page) == []

    plain = visit(charity, home, Role.VIEWER, java_script_enabled=False)
    expect(plain.get_by_role("button", name="3 months")).to_have_count(0)
    plain.get_by_text("The numbers by month").click()
    assert plain.get_by_role("region", name="The numbers by month").get_by_role("row").count() in (13, 14)
