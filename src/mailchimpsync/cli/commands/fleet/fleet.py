"""`mailchimpsync fleet`."""

from __future__ import annotations

import click
from rich.text import Text

from mailchimpsync.actions import create_fleet
from mailchimpsync.actions.fleet.master_key import rotate_master_key_file, rotate_master_key_of_environment
from mailchimpsync.cli.fleet_parts import fleet_of
from mailchimpsync.cli.opening import home_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.keys import print_next_step
from mailchimpsync.config import load_settings


def init(ctx: click.Context, database: str | None) -> None:
    before = load_settings(home_of(ctx))
    was_there = before.is_initialised
    with create_fleet(home_of(ctx), database or before.database_url) as fleet:
        home, key = fleet.settings.home, fleet.settings.key_path
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"The fleet's home directory is {home}."))
    if not was_there:
        print_sentence(stdout(), Text(f"Back up the master key, {key}, in another place than the database."))
    print_sentence(stdout(), Text("Next: `mailchimpsync site add`"))


def rotate_key(ctx: click.Context) -> None:
    with fleet_of(ctx) as fleet:
        if fleet.settings.secret_key is None:
            for step in rotate_master_key_file(fleet):
                print_sentence(stdout(), Text.assemble(("✓ ", "good"), step))
            return
        key = rotate_master_key_of_environment(fleet)
    print_next_step(key)
