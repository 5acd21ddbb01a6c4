"""Olga operates a fleet in a browser, on a desk and on a phone, in both languages."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Page, expect

from mailchimpsync.actions.fleet_overview import refresh_overview
from mailchimpsync.store.engine.database import newest_schema
from mailchimpsync.web.accounts import create_user
from mailchimpsync.web.fleet.front import serving_fleet
from mailchimpsync.web.models import Role
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import PASSWORD, Charity
from web.fleet.conftest import Serve, ServedFleet
from web.fleet.test_sites_apart import connect

pytestmark = [pytest.mark.postgres, pytest.mark.thorough]

Visit = Callable[..., Page]


@pytest.fixture
def fleet(serve_fleet: Serve) -> ServedFleet:
    """Three sites: one has a connection, one has none, and one waits for its upgrade."""
    served = serve_fleet("green", "red", "yellow")
    connect(served, "green", 1)
    with served.fleet.store.begin() as tx:
        tx.exec_driver_sql("UPDATE site SET title = 'The Green Paths Trust of North Wessex' WHERE name = 'green'")
        tx.exec_driver_sql("UPDATE site SET schema_number = '0027' WHERE name = 'yellow'")
    with served.fleet.open("yellow") as site, site.store.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0027'")
    refresh_overview(served.fleet)
    with serving_fleet(served.fleet):
        user = create_user("olga", Role.ADMINISTRATOR, "the tests")
        user.set_password(PASSWORD)
        user.save()
    return served


def signed_in(fleet: ServedFleet, visit: Visit, **options: Any) -> Page:
    page = visit(cast("Charity", fleet), "/fleet/", None, **options)
    page.locator("[name=username]").fill("olga")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button.primary").click()
    expect(page.locator("h1")).to_be_visible()
    return page


def test_olga_pauses_two_sites_and_opens_one(fleet: ServedFleet, visit: Visit) -> None:
    page = signed_in(fleet, visit)
    check(page, "sites")
    page.get_by_label("Choose The Green Paths Trust").check()
    page.get_by_label("Choose Red").check()
    page.get_by_role("button", name="Pause…").click()

    expect(page.get_by_role("heading", name="Pause: 1 site")).to_be_visible()
    check(page, "preview")
    page.get_by_label("Reason (optional)").fill("Moving house")
    page.get_by_label("To confirm, type the number of sites: 1").fill("1")
    page.get_by_role("button", name="Pause", exact=True).click()

    expect(page.get_by_text("1 of 1 sites are done.")).to_be_visible()
    check(page, "operation")
    page.get_by_role("link", name="All sites").click()
    expect(page.get_by_text("1 connection paused")).to_be_visible()
    page.get_by_role("button", name="Open The Green Paths Trust").click()
    expect(page.get_by_text("fleet:olga, Administrator")).to_be_visible()
    assert page.url == f"{fleet.url}/s/green/"
    expect(page.get_by_text("Moving house")).to_be_visible()
    page.goto(f"{fleet.url}/fleet/operations")
    expect(page.get_by_role("link", name="Pause")).to_be_visible()
    check(page, "operations")


def test_the_number_is_asked_for_again_if_it_is_wrong(fleet: ServedFleet, visit: Visit) -> None:
    page = signed_in(fleet, visit)
    page.get_by_label("Choose Yellow").check()
    page.get_by_role("button", name="Upgrade…").click()
    expect(page.get_by_text(f"0027 → {newest_schema()}")).to_be_visible()
    page.get_by_label("To confirm").fill("2")
    page.get_by_role("button", name="Upgrade", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    check(page, "wrong-number")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("phone-german", {"viewport": PHONE, "locale": "de-DE"}),
        ("dark", {"color_scheme": "dark"}),
        ("phone-dark", {"viewport": PHONE, "color_scheme": "dark"}),
        ("without-script", {"java_script_enabled": False}),
    ],
)
def test_all_pages_can_be_used(fleet: ServedFleet, visit: Visit, name: str, options: dict[str, Any]) -> None:
    page = signed_in(fleet, visit, **options)
    is_plain = "java_script_enabled" in options
    check(page, f"{name}-sites", with_axe=not is_plain)
    page.locator("[name=site][value=green]").check()
    page.locator("button[name=action][value=sync]").click()
    check(page, f"{name}-preview", with_axe=not is_plain)
    page.locator("[name=number]").fill("1")
    page.locator("main button.primary").click()
    page.wait_for_url("**/operations/*")
    check(page, f"{name}-operation", with_axe=not is_plain)


def check(page: Page, name: str, *, with_axe: bool = True) -> None:
    """Look at a page as axe does, and keep a picture of it if somebody wants to look too."""
    if (folder := os.environ.get("MAILCHIMPSYNC_PICTURES")) is not None:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    if with_axe:
        assert accessibility_problems(page) == []
        assert not is_too_wide(page)
