"""The pages that people write stay free of turns that readers stumble over. Quoted output and names of screens don't count."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GENERATED = frozenset({"api.md", "codes.md", "decision-table.md", "permissions.md"})
"""Their sentences come from the program."""

PAGES = tuple(
    page
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
    if page.name not in GENERATED and "_build" not in page.parts
)

TURNS = re.compile(
    r"\b(anew|afresh|likewise|mend(?:s|ed)?|who(?:m)?ever|by\s+(?:itself|themselves)|so\s+many|(?:tells?|told)\s+of"
    r"|looks?\s+after|as\s+far\s+as|nobody\s+knows\s+where)\b",
    re.IGNORECASE,
)
CLAUSE_AS_SUBJECT = re.compile(r"(?:^|(?<=[.:!] ))(?:Who|Whom|What) (?!happens when)[^.?!:]*[.!:]", re.MULTILINE)
"""“Who left is asked.”, instead of “People who left are asked.”"""

INDENTED = re.compile(r"^ {4}.*$|^#.*$", re.MULTILINE)
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`[^`]*`|“[^”]*”|(?<!\*)\*[^*\n]+\*(?!\*)|\]\([^)]*\)")


def prose(page: Path) -> str:
    """Return what a page says in words of its own: no code, output, headings, quotes or addresses."""
    text = page.read_text(encoding="utf-8").partition("\n## [0.1.0]")[0]
    for pattern in (FENCED, INDENTED, QUOTED):
        text = pattern.sub("", text)
    return text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_no_turn_that_readers_stumble_over(page: Path) -> None:
    found = [match[0] for pattern in (TURNS, CLAUSE_AS_SUBJECT) for match in pattern.finditer(prose(page))]

    assert found == []
