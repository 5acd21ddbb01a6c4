"""`mailchimpsync migrate`."""

from __future__ import annotations

import click

from mailchimpsync.actions import migrate_site
from mailchimpsync.cli.opening import home_of, site_of
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.web_parts import has_web_parts, web_parts
from mailchimpsync.config import load_settings
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.runtime import Runtime


def migrate(ctx: click.Context) -> None:
    settings = load_settings(home_of(ctx))
    if not settings.is_initialised:
        raise ConfigurationError(f"There is no site in {settings.home} yet; run `mailchimpsync init`.")
    migrate_site(settings, Runtime())
    if has_web_parts():
        with site_of(ctx) as site, web_parts(site):
            pass
    stdout().print("[good]✓[/] The database is up to date.")
