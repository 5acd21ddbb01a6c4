"""Ada, who never opens a terminal, sets up a sync in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mailchimpsync import http
from mailchimpsync.actions import getstatus
from mailchimpsync.config import Configuration
from mailchimpsync_sandbox.world import API_KEY, AUDIENCE_ID, Side
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import CIVICRM_KEY, Charity, configuration

Visit = Callable[..., Page]
Begin = Callable[..., Charity]


def configuration_of(charity: Charity) -> Configuration:
    charity.site.refresh()
    return charity.site.configuration


def set_up_civicrm(page: Page, url: str, key: str) -> None:
    page.get_by_label("CiviCRM address").fill(url)
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Check and save").click()


def add_account(page: Page, key: str, base_url: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_text("Proxy or test server").click()
    page.get_by_label("API address").fill(base_url)
    page.get_by_role("button", name="Check and save").click()


@pytest.mark.parametrize(
    "scripts", [True, pytest.param(False, marks=pytest.mark.thorough)], ids=["scripts on", "scripts off"]
)
def test_ada_comes_from_nothing_to_a_synced_list(visit: Visit, own_charity: Begin, scripts: bool) -> None:
    charity = own_charity(people=60, connected=False)
    page = visit(charity, "/configuration", java_script_enabled=scripts)

    page.get_by_role("link", name="Set up CiviCRM").first.click()
    expect(page.get_by_text("Permissions the API key's user needs")).to_have_count(1)
    set_up_civicrm(page, charity.civicrm_url, CIVICRM_KEY)
    expect(page.get_by_text("7 mailing groups can be connected")).to_be_visible()
    page.get_by_role("link", name="Next: add a Mailchimp account").click()
    add_account(page, API_KEY, f"{charity.mailchimp_url}/3.0")
    expect(page.get_by_role("heading", name="Green Paths newsletter")).to_be_visible()

    page.get_by_role("link", name="Next: Connect an audience to a group").click()
    page.get_by_label("Audience at Mailchimp").select_option(value=[f"{AUDIENCE_ID}@{only_account(charity)}"])
    page.get_by_label("Subscription group").select_option(value=["8"])
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("is connected. Nothing has been synced yet.")).to_be_visible()
    page.get_by_label("Walks").select_option(value=["9"])
    page.get_by_label("Cycling").select_option(value=["10"])
    page.get_by_role("button", name="Save").click()
    assert not configuration_of(charity).connections[0].schedule.enabled

    page.get_by_role("link", name="Preview the first sync").click()
    page.get_by_role("button", name="Preview the first sync").click()
    until_shown(page, "Summary", scripts=scripts)
    assert page.locator("#state-badge").inner_text() == "Not set up"  # as it is now, no longer “Running”
    if scripts:  # the check of accessibility is one itself
        assert accessibility_problems(page) == []
    page.get_by_role("button", name="and turn on automatic syncing").click()

    expect(page.get_by_text("the first sync has started")).to_be_visible()
    until_synced(charity, page)
    assert configuration_of(charity).connections[0].schedule.enabled
    assert dict(configuration_of(charity).connections[0].interests) == {"a100000009": 9, "a100000010": 10}


def only_account(charity: Charity) -> str:
    [name] = configuration_of(charity).accounts
    return name


def until_shown(page: Page, heading: str, *, scripts: bool) -> None:
    """Wait as people do: with scripts the page shows it by itself, without they look again."""
    shown = page.get_by_role("heading", name=heading)
    for _ in range(40):
        if shown.count():
            break
        page.wait_for_timeout(250)
        if not scripts:
            page.reload()
    expect(shown).to_be_visible()


def until_synced(charity: Charity, page: Page) -> None:
    for _ in range(80):
        [status] = getstatus(charity.site)
        if status.last_sync_time and not status.running:
            break
        page.wait_for_timeout(250)
    assert status.in_sync
    assert status.subscribed_at_mailchimp > 30


@pytest.mark.thorough
def test_what_is_wrong_with_civicrm_is_said_beside_the_field_and_nothing_is_saved(
    visit: Visit, own_charity: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.05)
    charity = own_charity(people=1, connected=False)
    page = visit(charity, "/configuration/civicrm")

    set_up_civicrm(page, charity.civicrm_url, "not the key")
    expect(page.locator(".field:has(#id_api_key) .errorlist")).to_contain_text("CiviCRM doesn't know the API key.")
    set_up_civicrm(page, "crm.example.org", CIVICRM_KEY)
    expect(page.locator(".field:has(#id_url) .errorlist")).to_contain_text("must start with https:// or http://")
    set_up_civicrm(page, charity.mailchimp_url, CIVICRM_KEY)
    expect(page.locator(".field:has(#id_url) .errorlist")).to_contain_text("No CiviCRM API was found")
    set_up_civicrm(page, "http://127.0.0.1:9", CIVICRM_KEY)
    expect(page.locator(".field:has(#id_url) .errorlist")).to_contain_text(
        "Nothing is listening at CiviCRM's address and port."
    )

    assert page.locator("#id_api_key").input_value() == ""
    assert accessibility_problems(page) == []
    assert configuration_of(charity).civicrm is None


@pytest.mark.thorough
def test_the_sites_time_zone_is_tried_kept_and_taken_away_again(visit: Visit, own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    page = visit(charity, "/configuration/civicrm")

    def give(zone: str) -> None:
        page.goto(f"{page.url.partition('/configuration')[0]}/configuration/civicrm")
        if not page.get_by_label("Time zone of the site").is_visible():
            page.get_by_text("Time zone of the site").click()
        page.get_by_label("Time zone of the site").fill(zone)
        page.get_by_role("button", name="Check and save").click()

    def kept() -> str | None:
        civicrm = configuration_of(charity).civicrm
        assert civicrm is not None
        return civicrm.time_zone

    before = kept()
    give("Nowhere/City")
    expect(page.locator(".field:has(#id_time_zone) .errorlist")).to_contain_text("This time zone doesn't exist")
    give("Pacific/Kiritimati")
    expect(page.locator(".field:has(#id_time_zone) .errorlist")).to_contain_text("CiviCRM's time zone isn't known")
    assert kept() == before
    give("UTC")
    expect(page.get_by_text("mailing groups can be connected")).to_be_visible()
    assert kept() == "UTC"
    give("")
    expect(page.get_by_text("mailing groups can be connected")).to_be_visible()
    assert kept() is None


@pytest.mark.thorough
def test_what_is_wrong_with_a_mailchimp_key_is_said_beside_it(
    visit: Visit, own_charity: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.05)
    charity = own_charity(people=1, connected=False)
    page = visit(charity, "/configuration/accounts/add")

    add_account(page, "f" * 32 + "-us1", f"{charity.mailchimp_url}/3.0")
    expect(page.locator(".field:has(#id_api_key) .errorlist")).to_contain_text("Mailchimp doesn't accept the API key.")
    page.get_by_label("API key").fill("no key at all")
    page.get_by_role("button", name="Check and save").click()
    expect(page.locator(".field:has(#id_api_key) .errorlist")).to_contain_text(
        "That doesn't look like a Mailchimp API key."
    )
    page.get_by_label("API key").fill(API_KEY)
    page.get_by_label("API address").fill("http://127.0.0.1:9/3.0")
    page.get_by_role("button", name="Check and save").click()
    expect(page.locator(".field:has(#id_base_url) .errorlist")).to_contain_text(
        "Nothing is listening at Mailchimp's address and port."
    )

    assert not configuration_of(charity).accounts


@pytest.mark.thorough
def test_the_stored_key_is_not_sent_to_another_address_than_it_was_given_for(visit: Visit, own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    page = visit(charity, "/configuration/civicrm")

    set_up_civicrm(page, charity.mailchimp_url, "")

    expect(page.get_by_text("Enter the key again")).to_be_visible()


PAGES = (
    "/configuration",
    "/configuration/civicrm",
    "/configuration/civicrm/groups",
    "/configuration/civicrm/entries",
    "/configuration/accounts/add",
    "/configuration/account/Green%20Paths",
    "/configuration/account/Green%20Paths/key",
    "/configuration/account/Green%20Paths/remove",
    "/configuration/connect",
    *(
        f"/configuration/connections/{AUDIENCE_ID}{part}"
        for part in ("", "/groups", "/interests", "/rules", "/schedule", "/first-sync", "/remove")
    ),
    "/configuration/webhooks",
    "/configuration/alerts",
    *(f"/configuration/alerts/{channel}" for channel in ("email", "slack", "webhook", "ping", "when")),
    "/configuration/versions?a=1&b=0",
    "/configuration/file",
    "/configuration/check",
)


@pytest.mark.thorough
@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}, {"color_scheme": "dark"}], ids=["desk", "phone", "dark"])
def test_every_page_of_the_configuration_is_accessible_and_fits(
    visit: Visit, charity: Charity, options: dict[str, object]
) -> None:
    page = visit(charity, **options)
    for path in PAGES:
        page.goto(f"{charity.url}{path}")
        assert accessibility_problems(page) == [], path
        assert not is_too_wide(page), path


@pytest.mark.thorough
def test_pages_with_much_on_them_are_accessible_and_fit_a_phone(visit: Visit, charity: Charity) -> None:
    page = visit(charity, viewport=PHONE)
    for path in ("/configuration", f"/configuration/connections/{AUDIENCE_ID}/rules"):
        page.goto(f"{charity.url}{path}")
        assert accessibility_problems(page) == [], path
        assert not is_too_wide(page), path


def test_child_groups_are_told_where_an_audience_is_connected(visit: Visit, own_charity: Begin) -> None:
    charity = own_charity(people=60, connected=False)
    charity.site.save(configuration(charity.mailchimp_url, charity.civicrm_url).replacing(connections=[]), "ada")
    nested = {"where": [["id", "=", 9]], "values": {"parents": [8]}}
    charity.act(Side.CIVICRM, "call", {"entity": "Group", "action": "update", "params": nested})
    page = visit(charity, "/configuration/connect")

    page.get_by_label("Audience at Mailchimp").select_option(value=[f"{AUDIENCE_ID}@{only_account(charity)}"])
    page.get_by_label("Subscription group").select_option(value=["8"])
    page.get_by_role("button", name="Connect").click()

    expect(page.get_by_text("is connected. Nothing has been synced yet.")).to_be_visible()
    expect(page.get_by_text("“Newsletter” has child groups (Walks).")).to_be_visible()
