"""Opens the site for a command."""

from __future__ import annotations

from pathlib import Path

import click

from mailchimpsync.actions import Site, open_site


def home_of(ctx: click.Context) -> Path | None:
    """Return the home directory given with --home, if one was given."""
    home: Path | None = ctx.find_root().obj
    return home


def site_name_of(ctx: click.Context) -> str | None:
    """Return the site given with --site, if one was given."""
    name: str | None = ctx.find_root().params.get("site")
    return name


def site_of(ctx: click.Context) -> Site:
    """Open the site in the home directory, or the chosen site of the fleet there."""
    return open_site(home_of(ctx), site=site_name_of(ctx))
