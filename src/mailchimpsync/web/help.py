"""The documentation, shown by the service itself: it is there without a connection to the internet.

A page is a Markdown file of `docs/`. Links between pages work; links to files that aren't shown, and pictures, become
their text, so that no link leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

_INSTALLED = Path(__file__).parent / "docs"
_IN_A_CHECKOUT = Path(__file__).parents[3] / "docs"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else _IN_A_CHECKOUT

PAGES: Mapping[str, str] = {
    "overview": "how-to/run-a-sync",
    "connection": "how-to/run-a-sync",
    "connection-batches": "how-to/stop-a-sync",
    "differences": "how-to/verify",
    "abort": "how-to/stop-a-sync",
    "pause": "how-to/stop-a-sync",
    "accept": "how-to/diagnose-problems",
    "runs": "how-to/undo-a-sync",
    "run": "how-to/undo-a-sync",
    "plans": "how-to/preview-and-limits",
    "plan": "how-to/preview-and-limits",
    "decide-plan": "how-to/preview-and-limits",
    "people": "how-to/explain-a-person",
    "cache": "how-to/browse-people",
    "cache-row": "how-to/browse-people",
    "cannot-sync": "how-to/fix-failures",
    "accept-failures": "how-to/fix-failures",
    "erase": "how-to/erase-a-person",
    "users": "how-to/manage-users",
    "configuration": "how-to/set-up-in-a-browser",
    "configuration-connect": "how-to/set-up-in-a-browser",
    "configuration-takeover": "how-to/take-over",
    "configuration-takeover-back": "how-to/take-over",
    "configuration-alerts": "how-to/set-up-alerts",
    "configuration-alert-channel": "how-to/set-up-alerts",
    "configuration-webhooks": "how-to/receive-webhooks",
    "configuration-entries": "how-to/find-it-from-civicrm",
    "configuration-check": "how-to/diagnose-problems",
    "configuration-data": "how-to/send-data",
    "configuration-rules": "how-to/preview-and-limits",
    "configuration-departures": "how-to/handle-departures",
    "configuration-schedule": "how-to/schedule",
    "configuration-trust": "how-to/trust-one-side",
    "configuration-campaigns": "how-to/import-campaigns",
    "configuration-change-campaigns": "how-to/import-campaigns",
    "configuration-versions": "how-to/change-the-configuration",
    "configuration-file": "how-to/change-the-configuration",
}
"""The help page of each screen, by the name of its address."""

_CAN_BE_WIDE = frozenset({"fence", "code_block", "table_open"})
"""What may have to be scrolled sideways, so the keyboard has to reach it."""

_PAGES_KEPT = 100

GENERAL = "how-to/set-up-in-a-browser"
"""The help page of every other screen."""


@dataclass(frozen=True)
class HelpPage:
    """A page of the documentation as HTML."""

    title: str
    body: SafeString


def help_url(screen: str) -> str:
    """Return where the help page of a screen is."""
    return reverse("help", args=[PAGES.get(screen, GENERAL)])


def help_page(name: str) -> HelpPage | None:
    """Return a page by its name, such as `how-to/schedule`; None: there is none."""
    return _help_page(name, get_script_prefix())


@lru_cache(maxsize=_PAGES_KEPT)
def _help_page(name: str, _prefix: str) -> HelpPage | None:
    """Make each page once for each path below which a site is: its links have that path."""
    file = _file_of(name)
    if file is None:
        return None
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(file.read_text("utf-8"))
    title = next((tokens[at + 1].content for at, one in enumerate(tokens) if one.type == "heading_open"), name)
    for token in tokens:
        _rewrite(token.children or [], name)
        if token.type in _CAN_BE_WIDE:
            token.attrSet("tabindex", "0")
    body = markdown.renderer.render(tokens, markdown.options, {})
    return HelpPage(title, mark_safe(body))  # noqa: S308 (our own pages, and HTML in them is escaped)


def _file_of(name: str) -> Path | None:
    file = (FOLDER / f"{name}.md").resolve()
    return file if file.is_relative_to(FOLDER.resolve()) and file.is_file() else None


def _rewrite(tokens: list[Token], page: str) -> None:
    """Let links lead to other help pages, and turn links that would lead nowhere, and pictures, into text."""
    open_links: list[bool] = []
    for token in tokens:
        if token.type == "image":
            token.type, token.tag, token.content = "text", "", token.content
        elif token.type == "link_open":
            target = _target(str(token.attrs.get("href", "")), page)
            open_links.append(target is not None)
            if target is not None:
                token.attrSet("href", target)
            else:
                token.type, token.tag, token.attrs = "span_open", "span", {}
        elif token.type == "link_close" and not open_links.pop():
            token.type, token.tag = "span_close", "span"


def _target(href: str, page: str) -> str | None:
    if href.startswith(("https://", "http://")):
        return href
    path, _, _anchor = href.partition("#")
    if not path.endswith(".md"):
        return None
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / path).with_suffix("").parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    name = "/".join(parts)
    return reverse("help", args=[name]) if _file_of(name) is not None else None
