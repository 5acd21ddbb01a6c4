"""The screens on a phone, in the language whose words are longest: nothing is cut, and people are short rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from mailchimpsync.actions import createverification, getplans, getruns, pausesync, undoplan
from mailchimpsync.web.models import Role
from mailchimpsync_sandbox.world import AUDIENCE_ID, NEWS_GROUP
from support.browser import PHONE, accessibility_problems, is_too_wide
from support.charity import Charity
from support.rights import ALL

Visit = Callable[..., Page]
HOME = f"/connections/{AUDIENCE_ID}"
PHONES: tuple[ViewportSize, ...] = ({"width": 390, "height": 844}, PHONE)
PERSON_HEIGHT_MAX = 160
CUT = """() => [...document.querySelectorAll("main *")]
  .filter((one) => !one.closest(".scroller, pre, .unseen, dialog, .uplot") && one.getBoundingClientRect().width
    && (one.getBoundingClientRect().right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 1
      && getComputedStyle(one).overflowX !== "visible"))
  .map((one) => `${one.tagName}.${one.className}: ${one.innerText}`)"""
"""What reaches beyond the screen, or has to be scrolled sideways to be read."""


@pytest.fixture
def busy(own_charity: Callable[..., Charity]) -> Charity:
    """A charity with a long plan, a comparison with differences, and a pause."""
    charity = own_charity(people=150, rights=ALL)
    [run] = getruns(charity.site, list_id=AUDIENCE_ID, limit=1)
    createverification(charity.site, group_id=NEWS_GROUP, by="otto")
    undoplan(charity.site, run_id=run.id, group_id=NEWS_GROUP, by="otto")
    pausesync(charity.site, group_id=NEWS_GROUP, by="otto", reason="the move")
    return charity


def paths(charity: Charity) -> list[str]:
    [plan], [run] = getplans(charity.site, limit=1), getruns(charity.site, list_id=AUDIENCE_ID, limit=1)
    [account] = charity.site.configuration.accounts
    settings = f"/configuration{HOME}"
    return [
        *(
            "/",
            "/people",
            "/everybody",
            "/cannot-sync",
            "/plans",
            "/users",
            "/configuration",
            "/configuration/versions",
        ),
        *(HOME, f"{HOME}/runs", f"{HOME}/differences", f"{HOME}/pause", f"/plans/{plan.id}", f"/runs/{run.id}"),
        *(settings, f"{settings}/data", f"{settings}/rules", f"{settings}/schedule", f"{settings}/trust"),
        *(f"/configuration/account/{account}", "/configuration/webhooks", "/everybody/1"),
    ]


@pytest.mark.parametrize("size", PHONES, ids=lambda size: str(size["width"]))
def test_nothing_is_cut_on_a_phone_in_german(visit: Visit, busy: Charity, size: ViewportSize) -> None:
    page = visit(busy, "/", Role.ADMINISTRATOR, viewport=size, locale="de-DE", color_scheme="dark")
    cut: dict[str, Any] = {}
    for path in paths(busy):
        page.goto(f"{busy.url}{path}")
        tabs = page.locator(".tabs a").evaluate_all("tabs => new Set(tabs.map((one) => one.offsetTop)).size")
        assert tabs <= 1, f"the tabs of {path} take more than one line"
        cut |= {path: found} if (found := page.evaluate(CUT)) or is_too_wide(page) else {}
    assert cut == {}


@pytest.mark.parametrize("locale", ["de-DE", "en-US"])
def test_a_person_is_a_short_row_on_a_phone(visit: Visit, busy: Charity, locale: str) -> None:
    page = visit(busy, "/", Role.ADMINISTRATOR, viewport=PHONES[0], locale=locale)
    [plan], [run] = getplans(busy.site, limit=1), getruns(busy.site, list_id=AUDIENCE_ID, limit=1)
    for path in (f"/plans/{plan.id}", f"/runs/{run.id}", f"{HOME}/differences"):
        page.goto(f"{busy.url}{path}")
        rows = page.locator("tbody tr:has(.who)")
        heights = rows.evaluate_all("rows => rows.map((row) => [row.getBoundingClientRect().height, row.innerText])")
        assert len(heights) > 5
        usual = sorted(height for height, _ in heights)[len(heights) * 9 // 10]
        assert usual <= PERSON_HEIGHT_MAX, [one for one in heights if one[0] > PERSON_HEIGHT_MAX]
        assert accessibility_problems(page) == []
