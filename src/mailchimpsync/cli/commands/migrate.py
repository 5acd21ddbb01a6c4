"""`mailchimpsync migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from mailchimpsync.actions import migrate_site, open_site
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.web_parts import has_web_parts, web_parts
from mailchimpsync.config import load_settings
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.runtime import Runtime


@click.command("migrate")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Update the database to this version, or create its tables."""
    home: Path | None = ctx.obj
    settings = load_settings(home)
    if not settings.is_initialised:
        raise ConfigurationError(f"There is no site in {settings.home} yet; run `mailchimpsync init`.")
    migrate_site(settings, Runtime())
    if has_web_parts():
        with open_site(home) as site, web_parts(site):
            pass
    stdout().print("[good]✓[/] The database is up to date.")
