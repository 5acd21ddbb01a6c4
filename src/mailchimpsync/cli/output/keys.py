"""Prints what to do with a key that is kept in the environment, which no program can change for its caller."""

from __future__ import annotations

import click
from rich.text import Text

from mailchimpsync.cli.output.console import print_sentence, stdout

_VARIABLE = "MAILCHIMPSYNC_SECRET_KEY"


def print_next_step(key: str | None) -> None:
    """Print a new key and where to put it; None: everything is encrypted with the first of two keys already."""
    console = stdout()
    if key is None:
        print_sentence(console, Text.assemble(("✓ ", "good"), "All stored secrets are encrypted with the first key."))
        print_sentence(
            console, Text(f"Now set {_VARIABLE} to that key alone, everywhere, and restart everything that uses it.")
        )
        return
    print_sentence(console, Text("Step 1 of 2: put this new key in front of the current one, separated by a space,"))
    print_sentence(
        console, Text(f"in {_VARIABLE}, everywhere, and restart everything that uses it. Then run this command again.")
    )
    click.echo(key)
