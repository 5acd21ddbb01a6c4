"""`mailchimpsync version`."""

from __future__ import annotations

import click

from mailchimpsync import __version__


@click.command("version")
def command() -> None:
    """Show the version, like --version."""
    click.echo(f"mailchimpsync {__version__}")
