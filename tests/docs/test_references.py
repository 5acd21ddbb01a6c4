"""What the code, the tests and the pages cite is there: the page, and the heading that an anchor names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "docs", "benchmarks", "deploy", "examples")
SUFFIXES = frozenset({".py", ".md", ".toml", ".html", ".css", ".js", ".conf", ".service", ".timer", ".sh", ".yml"})
BUILT = frozenset({"_build", "__pycache__", "node_modules"})

CITATION = re.compile(r"(?<![\w./-])(docs/[\w./-]+\.md)(?:#([\w-]+))?")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([\w-]+))?\)")
CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def texts() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    yield ROOT / "pyproject.toml"
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and BUILT.isdisjoint(path.parts):
                yield path


TEXTS = tuple(texts())
PAGES = tuple(path for path in TEXTS if path.suffix == ".md")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as Sphinx and code hosts make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,3} +(.+?) *$", text, re.MULTILINE)
    shown = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return frozenset(re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in shown)


def fault(target: Path, anchor: str | None) -> str | None:
    """Return what is wrong with a citation."""
    if not target.exists():
        return "no such page"
    return None if not anchor or anchor in anchors(target) else f"no heading “{anchor}”"


def test_every_page_and_heading_that_is_cited_by_its_path_is_there() -> None:
    cited = [
        (path.relative_to(ROOT), page, anchor)
        for path in TEXTS
        for page, anchor in CITATION.findall(path.read_text(encoding="utf-8"))
    ]
    broken = [(*one, why) for one in cited if (why := fault(ROOT / one[1], one[2]))]

    assert cited
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    links = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    broken = [
        (target, anchor, why)
        for target, anchor in links
        if (why := fault(page.parent / target if target else page, anchor if target.endswith((".md", "")) else None))
    ]

    assert broken == []


NOT_OURS = re.compile(
    r"\bDESIGN(?:\.md)?\s+\d|existing-extension|mailchimp-api\.md|peers\.md|fact\s+sheet|ext\.\s+reference"
    r"|CiviCRM\s+README|\b(?:HOUSE|STYLE|DEPENDENCIES)\.md|\.\./shared\b"
)
"""Pages that no reader of the repository has."""


def test_nothing_cites_a_page_that_a_reader_does_not_have() -> None:
    cited = [
        (str(path.relative_to(ROOT)), " ".join(found[0].split()))
        for path in TEXTS
        if path != Path(__file__)
        for found in NOT_OURS.finditer(path.read_text(encoding="utf-8"))
    ]

    assert cited == []
