"""`mailchimpsync config rotate-key`."""

from __future__ import annotations

import click
from rich.text import Text

from mailchimpsync.actions import rotate_key_file, rotate_key_of_environment
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout

_VARIABLE = "MAILCHIMPSYNC_SECRET_KEY"


def rotate_key(ctx: click.Context) -> None:
    console = stdout()
    with site_of(ctx) as site:
        if site.keys.can_be_written:
            for step in rotate_key_file(site):
                print_sentence(console, Text.assemble(("✓ ", "good"), step))
            return
        key = rotate_key_of_environment(site)
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
