"""`mailchimpsync config`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import click
from rich.text import Text

from mailchimpsync.actions import export_configuration, import_configuration, open_site
from mailchimpsync.cli.asking import who
from mailchimpsync.cli.consoles import stdout


@click.group("config")
def command() -> None:
    """Show, export and import what is connected with what, as TOML."""


@command.command("show")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Show the configuration, API keys masked."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        click.echo(export_configuration(site), nl=False)


@command.command("export")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A new file, for your eyes only.")
@click.option("--encrypted", is_flag=True, help="With API keys encrypted for this site's secret key.")
@click.option("--with-secrets", is_flag=True, help="With API keys in plain text. Keep it safe.")
@click.pass_context
def export(ctx: click.Context, output: Path | None, encrypted: bool, with_secrets: bool) -> None:
    """Write the configuration as TOML, API keys masked unless told otherwise."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        keys = "plain" if with_secrets else "encrypted" if encrypted else "masked"
        text = export_configuration(site, keys=keys)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.BadParameter(f"{output}: {error.strerror}", param_hint="--output") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


@command.command("import")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.pass_context
def import_(ctx: click.Context, file: IO[str]) -> None:
    """Take an edited FILE (- for standard input) as the configuration.

    It is checked as a whole, and every problem is named before anything is saved. A masked key stays the one that is
    stored; a plain one is encrypted.
    """
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        configuration = import_configuration(site, file.read(), by=who())
    console = stdout()
    console.print(Text.assemble(("✓ ", "good"), f"Saved, with {len(configuration.connections)} connections."))
    for link in configuration.connections:
        console.print(Text(f"    {link.title}"))
