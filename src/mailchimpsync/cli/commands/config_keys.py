"""`mailchimpsync config rotate-key`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import open_site, rotate_key_file, rotate_key_of_environment
from mailchimpsync.cli.output.console import print_sentence, stdout

_VARIABLE = "MAILCHIMPSYNC_SECRET_KEY"


@click.command("rotate-key")
@click.pass_context
def rotate_key(ctx: click.Context) -> None:
    """Make a new secret key, encrypt every stored secret with it, and give up the old one.

    It can be stopped or killed at any moment: the site still opens, and another call makes good. Where the key comes
    from MAILCHIMPSYNC_SECRET_KEY, it takes two calls, and says what to set after each.
    """
    home: Path | None = ctx.find_root().obj
    console = stdout()
    with open_site(home) as site:
        if site.settings.secret_key is None:
            for step in rotate_key_file(site):
                print_sentence(console, Text.assemble(("✓ ", "good"), step))
            return
        key = rotate_key_of_environment(site)
    if key is None:
        print_sentence(
            console, Text.assemble(("✓ ", "good"), "Every stored secret is encrypted with the first of the keys.")
        )
        print_sentence(
            console, Text(f"Now set {_VARIABLE} to that one alone, everywhere, and restart what runs with it.")
        )
        return
    print_sentence(
        console, Text("Step 1 of 2: put this new key in front of the present one, with a space between them,")
    )
    print_sentence(console, Text(f"in {_VARIABLE}, everywhere, and restart what runs with it. Then call this again."))
    click.echo(key)
