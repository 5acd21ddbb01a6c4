"""Every screen links to its page of the documentation, and no link there leads nowhere."""

from __future__ import annotations

import re
from html import unescape

import pytest

from mailchimpsync.web.help import FOLDER, GENERAL, PAGES, help_page

ALL = sorted(
    str(file.relative_to(FOLDER).with_suffix("")) for file in FOLDER.rglob("*.md") if "_build" not in file.parts
)


def test_every_page_of_the_documentation_can_be_shown_and_its_links_lead_to_others() -> None:
    assert {*PAGES.values(), GENERAL} <= set(ALL)
    for name in ALL:
        page = help_page(name)
        assert page is not None, name
        assert page.title
        inside = [href for href in re.findall(r'href="([^"]*)"', page.body) if not href.startswith("http")]
        assert {unescape(href).removeprefix("/help/") for href in inside} <= set(ALL), name


@pytest.mark.parametrize("name", ["../pyproject", "how-to/../../README", "nothing"])
def test_nothing_outside_the_documentation_is_shown(name: str) -> None:
    assert help_page(name) is None


COMMAND = re.compile(r"\$ mailchimpsync|`mailchimpsync [a-z]|^ {4}mailchimpsync |^```", re.MULTILINE)


@pytest.mark.parametrize("name", sorted({*PAGES.values(), GENERAL}))
def test_a_page_that_a_screen_links_to_says_first_how_it_is_done_on_the_screens(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text("utf-8")
    command = COMMAND.search(text)
    assert command is None or re.search(
        r"in (?:a|the|your) browser|the screen \*", text[: command.start()], re.IGNORECASE
    )
