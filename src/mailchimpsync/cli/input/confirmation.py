"""Consent to what can't be undone: given beforehand by `--yes`, else asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click
from rich.text import Text

from mailchimpsync.actions import Saved, figures
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.errors import ConfirmationError

T = TypeVar("T")


def with_confirmation(change: Callable[[bool], T], *, yes: bool) -> T:
    """Call `change` with whether everything is agreed to; where that is needed, ask, and call it again.

    Raises:
        ConfirmationError: the answer is no, or nobody is there to answer.
    """
    try:
        return change(yes)
    except ConfirmationError as error:
        print_sentence(stderr(), Text(error.what))
    if not _agreed():
        raise ConfirmationError("It was not confirmed, by an answer or by --yes: nothing was saved, nothing deleted.")
    return change(True)


def _agreed() -> bool:
    try:
        return click.confirm("Delete all of it?", default=False, err=True)
    except click.Abort:
        click.echo(err=True)  # the question stands without an answer
        return False


def print_saved(saved: Saved, changes: Sequence[str]) -> None:
    """Say what was saved, what that changed, and what was deleted."""
    console = stdout()
    if not changes and not saved.deleted:
        print_sentence(console, Text.assemble(("✓ ", "good"), "Nothing differs from what is saved."))
        return
    number = len(saved.configuration.connections)
    connections = "1 connection" if number == 1 else f"{number:,} connections"
    print_sentence(console, Text.assemble(("✓ ", "good"), f"Saved as version {saved.version}, with {connections}."))
    for line in changes:
        print_sentence(console, Text(f"    {line}"))
    for one in saved.deleted:
        print_sentence(console, Text(f"    deleted of {one.list_id}: {figures(one)}."))
