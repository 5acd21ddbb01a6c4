"""Values from an option, else from a question on the terminal, else an error that names the option."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click
from rich.text import Text

from mailchimpsync.cli.output.console import stdout
from mailchimpsync.errors import UsageError


class Item(NamedTuple):
    """Something to choose from, with its id and name."""

    id: str
    name: str


def ask(question: str, option: str, *, secret: bool = False) -> str:
    """Ask a question and return the answer; `option` names the way to give it without being asked.

    Raises:
        UsageError: nobody can answer.
    """
    at_terminal = sys.stdin.isatty()
    try:
        answer: str = click.prompt(question, hide_input=secret and at_terminal, err=True)
    except click.Abort:
        if at_terminal:
            raise
        raise UsageError(f"{question} is missing. Set it with {option}.") from None
    return answer.strip()


def choose(what: str, items: Sequence[Item], given: str | None, option: str) -> Item:
    """Return the item with the given id or name; without one, ask.

    Raises:
        UsageError: there is no such item, or nobody can answer; lists the existing items.
    """
    if given is not None:
        return find(what, items, given)
    _list(what, items)
    try:
        answer = ask(f"{what} (number, id or name)", option)
    except UsageError as error:
        raise UsageError(f"{error.what} {_known(items)}") from None
    if answer.isdigit() and 1 <= int(answer) <= len(items):
        return items[int(answer) - 1]
    return find(what, items, answer)


def find(what: str, items: Sequence[Item], given: str) -> Item:
    """Return the item with this id, else the only one with this name.

    Raises:
        UsageError: there is none, or several; lists the existing items.
    """
    wanted = given.strip().casefold()
    found = [item for item in items if item.id == given.strip()] or [
        item for item in items if wanted in {item.name.casefold(), item.name.rpartition(": ")[2].casefold()}
    ]
    if len(found) != 1:
        problem = "There is no" if not found else "There is more than one"
        raise UsageError(f"{problem} {what.lower()} “{given}”. {_known(items)}")
    return found[0]


def _known(items: Sequence[Item]) -> str:
    return f"Available: {', '.join(f'{item.id} ({item.name})' for item in items) or 'none'}."


def _list(what: str, items: Sequence[Item]) -> None:
    console = stdout()
    console.print(Text(f"{what}:", style="bold"))
    for number, item in enumerate(items, 1):
        console.print(Text.assemble((f"  {number:>3}  ", "head"), item.name, (f"  ({item.id})", "dim")))


def current_user() -> str:
    """Return the name of the operating system's user, for records of who did something."""
    try:
        return getpass.getuser()[:100]
    except (OSError, KeyError):
        return "unknown"
