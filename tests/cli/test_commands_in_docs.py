"""The commands that the pages show can be typed as they stand there: each is read, and those that only look are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from cli.test_start_up import all_commands
from mailchimpsync.actions.api.description import find_action
from mailchimpsync.actions.api.dispatch import parameters
from mailchimpsync.cli.commands.service.api import _parameters as parameters_of_words
from mailchimpsync.cli.main import cli

if TYPE_CHECKING:
    from cli.conftest import CommandLine

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*DOCS.glob("how-to/*.md"), DOCS / "tutorial.md", DOCS.parent / "README.md"])
IN_TEXT = re.compile(r"`mailchimpsync ([^`\n]+)`")
IN_A_BLOCK = re.compile(r"^(?:\$ | {4})mailchimpsync ([^\n]+)", re.MULTILINE)
PLACEHOLDER = re.compile(r"[A-Z]{3,}")
LOOKS = (
    ["api", "Mailchimpsync.includecontact"],
    ["api", "MailchimpsyncCache.get"],
    ["campaigns", "list"],
    ["data", "plugins"],
    ["data", "sources"],
    ["explain"],
    ["explain-code"],
    ["journal", "verify"],
    ["plan"],
    ["status"],
    ["sync"],
    ["verify"],
    ["webhooks", "events"],
)
"""What is run: it changes nothing but the stand-ins."""

USAGE = 2

MEANT_TO_FAIL = {"explain-code", "explain-code 1", "explain"}
"""Named without what they need, as a page speaks of them."""


def calls_of(page: Path) -> list[list[str]]:
    """Return the calls a page shows, as words; what is to be filled in is filled in."""
    text = page.read_text(encoding="utf-8")
    found = dict.fromkeys([*IN_TEXT.findall(text), *IN_A_BLOCK.findall(text)])
    return [
        ["1" if PLACEHOLDER.fullmatch(word) else word for word in shlex.split(call.partition(" >")[0], comments=True)]
        for call in found
    ]


def examples_of(command: click.Command) -> list[list[str]]:
    """Return the calls at the end of a command's help."""
    _, _, examples = (command.epilog or "").partition("Examples:\n")
    calls = [line.strip().removeprefix("mailchimpsync ") for line in examples.splitlines()]
    return [shlex.split(call.partition(" >")[0]) for call in calls]


EXAMPLES = {words: examples_of(command) for words, command in all_commands()}
CALLS = [words for page in PAGES for words in calls_of(page)]
API_CALLS = [words for words in CALLS if words[0] == "api" and "Entity.action" not in words and words[2:] != ["--help"]]


def read(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Read words as a command line does, without carrying the command out; arguments may be missing."""
    with command.make_context(command.name, list(words), parent=parent, resilient_parsing=True) as context:
        rest = [*context._protected_args, *context.args]
        if isinstance(command, click.Group) and rest:
            name, found, others = command.resolve_command(context, rest)
            assert found is not None, name
            read(found, others, context)


def test_the_help_of_every_command_ends_with_examples_that_can_be_typed() -> None:
    for command, examples in EXAMPLES.items():
        assert examples, command
        for words in examples:
            read(cli, words)
    assert all(words[: len(command)] == list(command) for command, [words, *_] in EXAMPLES.items())


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_command_on_a_page_can_be_read(words: list[str]) -> None:
    read(cli, words)


@pytest.mark.parametrize("words", [words for words in API_CALLS if len(words) > 1], ids=" ".join)
def test_a_call_of_the_api_on_a_page_names_parameters_there_are(words: list[str]) -> None:
    _, title, *given = words
    action = find_action(*title.split("."))
    as_json = given.pop(given.index("--json") + 1) if "--json" in given else None

    action.check(parameters(action, parameters_of_words([one for one in given if one != "--json"], as_json)))


@pytest.mark.thorough
def test_the_commands_on_the_pages_that_only_look_work(connected: CommandLine) -> None:
    connected("sync")
    wanted = [words for words in CALLS if any(words[: len(looks)] == looks for looks in LOOKS)]
    complaints = {}
    for words in {tuple(words) for words in wanted if words[:2] != ["plan", "show"]}:
        result = connected(*words)
        if result.exit_code == USAGE or not isinstance(result.exception, SystemExit | None):
            complaints[" ".join(words)] = result.output

    assert {words for words in complaints if "nobody" not in words} <= MEANT_TO_FAIL
