"""Ada takes over from the PHP extension in a browser, and goes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mailchimpsync.web.models import Role
from mailchimpsync_sandbox.world import API_KEY, AUDIENCE_ID, NEWS_GROUP, Side
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import CIVICRM_KEY, Charity
from support.extension import MANAGED_JOB, SECRET, as_text, cache_row, setting
from support.rights import ALL

Visit = Callable[..., Page]
Begin = Callable[..., Charity]


def with_extension(begin: Begin, **kept: Any) -> Charity:
    """Make a charity that has the extension, and a site that knows CiviCRM."""
    charity = begin(people=40, connected=False, rights=ALL)
    charity.act(Side.MAILCHIMP, "set_options", {"validate_webhooks": False})
    interests = {"a100000009": 9, "a100000010": 10}
    config = setting(API_KEY, AUDIENCE_ID, NEWS_GROUP, interests)
    names = {"a100000009": "Activities: Walks", "a100000010": "Activities: Cycling"}
    config["accounts"][API_KEY]["audiences"][AUDIENCE_ID]["interests"] = names
    rows = [
        cache_row(1, AUDIENCE_ID, "a@example.org", civicrm_contact_id=11, groups={NEWS_GROUP: "Added"}),
        cache_row(2, AUDIENCE_ID, None, civicrm_contact_id=12, groups={NEWS_GROUP: "Added"}, sync_status="fail"),
    ]
    kept = {"setting": as_text(config), "cache": rows, "jobs": [MANAGED_JOB], **kept}
    charity.act(Side.CIVICRM, "install_extension", kept)
    site = charity.site
    civicrm = {"url": charity.civicrm_url, "api_key": CIVICRM_KEY, "time_zone": "UTC"}
    site.save(site.configuration.replacing(civicrm=civicrm), "ada")
    return charity


def look(page: Page, charity: Charity) -> None:
    page.get_by_text("If something doesn't fit").click()
    page.get_by_label("API address").fill(f"{charity.mailchimp_url}/3.0")
    page.get_by_role("button", name="See what there is").click()


def connections_of(charity: Charity) -> int:
    charity.site.refresh()
    return len(charity.site.configuration.connections)


def test_ada_takes_over_and_is_led_to_the_preview(visit: Visit, own_charity: Begin) -> None:
    charity = with_extension(own_charity)
    page = visit(charity, "/configuration")

    page.get_by_role("link", name="I use the PHP extension").click()
    assert accessibility_problems(page) == []
    look(page, charity)

    expect(page.get_by_role("heading", name="Green Paths newsletter ↔ ")).to_be_visible()
    expect(
        page.get_by_text("The scheduled job “Call Mailchimpsync.Fetchandreconcile API” is turned off.")
    ).to_be_visible()
    expect(page.get_by_text("In the group, but without an e-mail address.")).to_be_visible()
    assert SECRET not in page.content()
    assert API_KEY not in page.content()
    assert accessibility_problems(page) == []
    assert connections_of(charity) == 0

    page.get_by_role("button", name="Take over").click()

    expect(page.get_by_text("Nothing is synced before you turn it on.")).to_be_visible()
    assert accessibility_problems(page) == []
    assert connections_of(charity) == 1
    assert not charity.site.configuration.connections[0].schedule.enabled
    page.get_by_role("link", name="Preview the first sync").click()
    expect(page.get_by_role("button", name="Preview the first sync")).to_be_visible()

    page.goto(f"{charity.url}/configuration/takeover")
    page.get_by_role("link", name="Go back").click()
    expect(page.get_by_text("Green Paths newsletter ↔ Newsletter", exact=True)).to_be_visible()
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Go back").click()

    expect(page.get_by_text("The PHP extension syncs again")).to_be_visible()
    assert connections_of(charity) == 0


def test_what_does_not_fit_is_named_beside_the_fields_that_mend_it(visit: Visit, own_charity: Begin) -> None:
    charity = with_extension(own_charity, setting=as_text(setting(API_KEY, "gone000000", NEWS_GROUP)))
    page = visit(charity, "/configuration/takeover", viewport=PHONE)

    look(page, charity)

    expect(page.get_by_role("alert")).to_contain_text("has no audience “gone000000”")
    expect(page.get_by_label("Audiences to leave out")).to_be_visible()
    assert accessibility_problems(page) == []
    assert not is_too_wide(page)


def test_a_sync_of_the_extension_is_waited_for(visit: Visit, own_charity: Begin) -> None:
    busy = {AUDIENCE_ID: {"locks": {"fetchAndReconcile": "busy"}, "crashed": False}}
    charity = with_extension(own_charity, status=busy)
    page = visit(charity, "/configuration/takeover")

    look(page, charity)
    expect(page.get_by_text("Wait until this is over, then look again.")).to_be_visible()
    page.get_by_role("button", name="Take over").click()

    expect(page.get_by_role("alert")).to_contain_text("The PHP extension is syncing")
    assert connections_of(charity) == 0


@pytest.mark.thorough
def test_without_civicrm_the_page_leads_to_it(visit: Visit, own_charity: Begin) -> None:
    page = visit(own_charity(people=1, connected=False), "/configuration/takeover")

    page.get_by_role("link", name="Set up CiviCRM").first.click()

    expect(page.get_by_label("CiviCRM address")).to_be_visible()


@pytest.mark.thorough
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_administrators_take_over(visit: Visit, own_charity: Begin, role: Role) -> None:
    charity = with_extension(own_charity)

    page = visit(charity, "/configuration", role)

    expect(page.get_by_role("link", name="I use the PHP extension")).to_have_count(0)
