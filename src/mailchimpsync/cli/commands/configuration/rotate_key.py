"""`mailchimpsync config rotate-key`."""

from __future__ import annotations

import click
from rich.text import Text

from mailchimpsync.actions import rotate_key_file, rotate_key_of_environment
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.keys import print_next_step


def rotate_key(ctx: click.Context) -> None:
    with site_of(ctx) as site:
        if site.keys.can_be_written:
            for step in rotate_key_file(site):
                print_sentence(stdout(), Text.assemble(("✓ ", "good"), step))
            return
        key = rotate_key_of_environment(site)
    print_next_step(key)
