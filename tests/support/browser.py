"""A real Chromium, and people who use it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from mailchimpsync.web.models import Role
from support.charity import PASSWORD, PEOPLE

# Playwright keeps an event loop in the thread of the test, of which Django then thinks that it serves from there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

PHONE: ViewportSize = {"width": 375, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],  # passed rules are most of an answer, and not needed
    "preload": False,  # sounds and style sheets, which none of these rules looks at here
}


def find_chromium() -> str | None:
    """Return the program of a Chromium on this machine."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Start Chromium without a window."""
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, url: str, role: Role) -> None:
    """Sign in with the form as the user with a role, and open the overview."""
    page.goto(f"{url}/sign-in")
    page.get_by_label("Name").fill(PEOPLE[role])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")


def accessibility_problems(page: Page) -> list[str]:
    """Return what axe finds wrong with a page by WCAG 2.2 AA and good practice, a line each."""
    found = Axe().run(page, options=_RULES).response["violations"]
    return [f"{one['id']}: {one['help']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def is_too_wide(page: Page) -> bool:
    """Say whether the page as a whole has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def take_screenshot(page: Page, file: Path) -> None:
    """Take a picture of the whole page, in a window as high as the page."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size or DESK
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": before["width"], "height": max(before["height"], int(height))})
    page.screenshot(path=str(file), animations="disabled")
    page.set_viewport_size(before)
