"""A real Chromium, one for all tests of a process, and people who visit pages in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mailchimpsync.web.models import Role
from support.browser import DESK, chromium, find_chromium
from support.charity import SESSION_COOKIE, Charity, session_of

Visit = Callable[..., Page]

PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""

IMPATIENT = """
    const after = window.setTimeout;
    window.setTimeout = (act, wait, ...more) => after(act, wait === 2000 ? 300 : wait, ...more);
"""
"""Pages poll every two seconds while something is running; tests would mostly wait for that."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    program = find_chromium()
    if program is None:
        if os.environ.get("MAILCHIMPSYNC_REQUIRE_ALL"):
            pytest.fail("there is no Chromium on this machine, and all parts are required")
        pytest.skip("there is no Chromium on this machine")
    with chromium(program) as found:
        yield found


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a page of a charity's service as someone, in a browser of their own; errors in its console fail the test."""
    with ExitStack() as stack:

        def open_page(
            charity: Charity, path: str = "/", role: Role | None = Role.ADMINISTRATOR, **options: Any
        ) -> Page:
            context = browser.new_context(**{"viewport": DESK, "locale": "en-GB", "timezone_id": "UTC", **options})
            stack.callback(context.close)
            context.add_init_script(IMPATIENT)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            errors: list[str] = []
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            stack.callback(lambda: _check(errors))
            if role is not None:
                context.add_cookies([{"name": SESSION_COOKIE, "value": session_of(role), "url": charity.url}])
            page.goto(f"{charity.url}{path}")
            return page

        yield open_page


def _check(errors: list[str]) -> None:
    """A page that answers with an error on purpose is listed as a failed resource; that's not an error of the page."""
    wrong = [error for error in errors if "the server responded with a status of 4" not in error]
    assert wrong == []
