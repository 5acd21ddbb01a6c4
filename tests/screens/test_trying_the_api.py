"""The page of the API in a browser: signed-in users try it as themselves, and no other site can in their name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mailchimpsync.web.models import Role
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import Charity, cookies_of, form_secret

Visit = Callable[..., Page]

STATUS, INCLUDE = "/api/Mailchimpsync/getstatus", "/api/Mailchimpsync/includecontact"


@pytest.mark.thorough
def test_vera_tries_an_action_as_herself_without_a_token(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/", Role.VIEWER)
    page.get_by_role("link", name="API", exact=True).click()

    expect(page.get_by_text("You try the API as vera (Viewer).")).to_be_visible()
    action = page.locator("#operations-Mailchimpsync-Mailchimpsync_getstatus")
    action.get_by_role("button").first.click()
    action.get_by_role("button", name="Try it out").click()
    action.get_by_role("button", name="Execute").click()

    expect(action.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(action.locator(".live-responses-table")).to_contain_text("Green Paths newsletter")


@pytest.mark.parametrize(
    "options", [{}, {"color_scheme": "dark", "viewport": PHONE}], ids=["desk", "phone in the dark"]
)
def test_the_page_is_accessible_before_and_while_an_action_is_tried(
    visit: Visit, charity: Charity, options: dict[str, Any]
) -> None:
    page = visit(charity, "/api/docs", Role.ADMINISTRATOR, **options)
    action = page.locator("#operations-Mailchimpsync-Mailchimpsync_getstatus")
    expect(action).to_be_visible()
    assert accessibility_problems(page) == []
    assert not is_too_wide(page)

    action.get_by_role("button").first.click()
    action.get_by_role("button", name="Try it out").click()
    expect(action.get_by_role("textbox", name="Request body")).to_be_visible()
    assert accessibility_problems(page) == []
    action.get_by_role("button", name="Execute").click()
    expect(action.locator(".live-responses-table")).to_contain_text("Green Paths newsletter")
    assert accessibility_problems(page) == []


def test_nobody_else_calls_the_api_in_the_name_of_a_signed_in_user_and_a_role_is_a_scope(charity: Charity) -> None:
    with httpx2.Client(base_url=charity.url, cookies=cookies_of(Role.VIEWER)) as client:
        secret = form_secret(client)
        forged = client.post(STATUS, json={})
        from_elsewhere = client.post(STATUS, json={}, headers={**secret, "Origin": "https://evil.example.com"})
        own = client.post(STATUS, json={}, headers=secret)
        too_much = client.post(INCLUDE, json={"contact_id": [1]}, headers=secret)
        with_token = client.post(STATUS, json={}, headers={**secret, "Authorization": "Bearer mcsync_nothing"})

    assert [one.status_code for one in (forged, from_elsewhere, own, too_much, with_token)] == [403, 403, 200, 403, 401]
    assert "X-CSRFToken" in forged.json()["error_message"]
    assert too_much.json()["error_message"].startswith("The user vera has the scope “read”; this needs “run”.")
