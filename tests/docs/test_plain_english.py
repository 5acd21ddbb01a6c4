"""Pages, screens, messages and help texts stay free of turns that readers stumble over.

Quoted output and names of screens don't count on pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po

from mailchimpsync.cli.main import cli

ROOT = Path(__file__).parents[2]
GENERATED = frozenset({"api.md", "codes.md", "decision-table.md", "permissions.md"})
"""Their sentences come from the program."""

PAGES = tuple(
    page
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
    if page.name not in GENERATED and "_build" not in page.parts
)

TURNS = re.compile(
    r"\b(anew|afresh|likewise|stop_tampering(?:s|ed)?|who(?:m)?ever|by\s+(?:itself|themselves)|so\s+many|(?:tells?|told)\s+of"
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


def messages() -> Iterator[str]:
    """Give every text that can be translated: of screens, e-mails, codes, findings and explanations."""
    with (ROOT / "src/mailchimpsync/web/locale/de/LC_MESSAGES/django.po").open("rb") as file:
        for message in read_po(file, locale="de"):
            yield from (message.id,) if isinstance(message.id, str) else message.id


def help_texts(command: click.Command, context: click.Context) -> Iterator[str]:
    """Give the help of a command, its options and the commands below it."""
    yield command.help or ""
    yield from (option.help or "" for option in command.params if isinstance(option, click.Option))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from help_texts(below, click.Context(below, parent=context, info_name=name))


def test_no_message_and_no_help_text_has_such_a_turn() -> None:
    spoken = [*messages(), *help_texts(cli, click.Context(cli))]

    assert len(spoken) > 1_000
    assert [text for text in spoken if TURNS.search(text)] == []
