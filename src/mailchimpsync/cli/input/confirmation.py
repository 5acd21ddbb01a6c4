"""Confirmation of changes that can't be undone, by `--yes` or on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click
from rich.text import Text

from mailchimpsync.actions import SavedConfiguration, figures
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.errors import ConfirmationError

T = TypeVar("T")


def with_confirmation(change: Callable[[bool], T], *, yes: bool) -> T:
    """Call `change` with `yes`. If that isn't enough, ask on the terminal, and call it again.

    Raises:
        ConfirmationError: the answer is no, or nobody can answer.
    """
    try:
        return change(yes)
    except ConfirmationError as error:
        print_sentence(stderr(), Text(error.what))
    if not _agreed():
        raise ConfirmationError("Not confirmed, so nothing was saved or deleted. Use --yes to confirm in advance.")
    return change(True)


def _agreed() -> bool:
    try:
        return click.confirm("Delete all of this?", default=False, err=True)
    except click.Abort:
        click.echo(err=True)  # ends the line of the question
        return False


def print_saved(saved: SavedConfiguration, changes: Sequence[str]) -> None:
    """Print what was saved, changed and deleted."""
    console = stdout()
    if not changes and not saved.deleted:
        print_sentence(console, Text.assemble(("✓ ", "good"), "Nothing changed; this is already saved."))
        return
    number = len(saved.configuration.connections)
    connections = "1 connection" if number == 1 else f"{number:,} connections"
    print_sentence(console, Text.assemble(("✓ ", "good"), f"Saved as version {saved.version}, with {connections}."))
    for line in changes:
        print_sentence(console, Text(f"    {line}"))
    for one in saved.deleted:
        print_sentence(console, Text(f"    deleted for {one.list_id}: {figures(one)}."))
