"""`mailchimpsync migrate`."""

from __future__ import annotations

from functools import partial

import click
from rich.progress import track
from rich.text import Text

from mailchimpsync.actions import migrate_site
from mailchimpsync.actions.homes import check_initialised
from mailchimpsync.cli.opening import home_of, site_of
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.web_parts import has_web_parts, web_parts
from mailchimpsync.config import Settings, load_settings
from mailchimpsync.errors import EXIT_FAILED
from mailchimpsync.runtime import Runtime


def migrate(ctx: click.Context) -> None:
    settings = load_settings(home_of(ctx))
    check_initialised(settings)
    if settings.fleet:
        _migrate_fleet(ctx, settings)
        return
    migrate_site(settings, Runtime())
    if has_web_parts():
        with site_of(ctx) as site, web_parts(site):
            pass
    stdout().print("[good]✓[/] The database is up to date.")


def _migrate_fleet(ctx: click.Context, settings: Settings) -> None:
    """Migrate the fleet's tables, then its sites; those that can't be migrated are named, and need a person."""
    from mailchimpsync.actions.fleet.migration import migrate_fleet, migrate_sites  # noqa: PLC0415 (most have no fleet)
    from mailchimpsync.actions.fleet_overview import refresh_unusable  # noqa: PLC0415 (likewise)
    from mailchimpsync.cli.fleet_parts import fleet_of, open_whole_fleet  # noqa: PLC0415 (likewise)

    migrate_fleet(settings)
    with fleet_of(ctx) as fleet:
        number, console = len(fleet.names()), stderr()
        migrated = migrate_sites(fleet, partial(open_whole_fleet, home_of(ctx)))
        watched = track(migrated, "Sites", number, console=console, disable=not console.is_terminal)
        failed = sorted((one for one in watched if one.problem is not None), key=lambda one: one.name)
        refresh_unusable(fleet)
    for one in failed:
        print_sentence(console, Text.assemble(("✗ ", "bad"), (f"{one.name}: ", "bold"), str(one.problem)))
    if failed:
        text = f"{len(failed):,} of {number:,} sites couldn't be migrated; they are as they were. Run this again."
        print_sentence(console, Text(text, style="bad"))
        ctx.exit(EXIT_FAILED)
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"The fleet and its {number:,} sites are up to date."))
