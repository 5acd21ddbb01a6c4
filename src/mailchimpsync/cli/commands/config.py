"""`mailchimpsync config`: the configuration as a text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Literal

import click

from mailchimpsync.actions import Saved, Site, export_configuration, import_configuration, open_site
from mailchimpsync.cli.commands.config_keys import rotate_key
from mailchimpsync.cli.commands.config_versions import diff, history, restore
from mailchimpsync.cli.input.confirmation import print_saved, with_confirmation
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.output.errors import show_error
from mailchimpsync.config import changes
from mailchimpsync.errors import ConfirmationError, MailchimpsyncError

Form = Literal["toml", "json"]
form_option = click.option(
    "--format", "form", type=click.Choice(["toml", "json"]), default="toml", show_default=True, help="The text's form."
)


@click.group("config")
def command() -> None:
    """Show, change, export and import what is connected with what; look at earlier versions; change the secret key."""


@command.command("show")
@form_option
@click.pass_context
def show(ctx: click.Context, form: Form) -> None:
    """Show the configuration, API keys masked."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        click.echo(export_configuration(site, form=form), nl=False)


@command.command("export")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A new file, for your eyes only.")
@click.option("--encrypted", is_flag=True, help="With API keys encrypted for this site's secret key.")
@click.option("--with-secrets", is_flag=True, help="With API keys in plain text. Keep it safe.")
@form_option
@click.pass_context
def export(ctx: click.Context, output: Path | None, encrypted: bool, with_secrets: bool, form: Form) -> None:
    """Write the configuration as a text, API keys masked unless told otherwise."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        text = export_configuration(
            site, keys="plain" if with_secrets else "encrypted" if encrypted else "masked", form=form
        )
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
@click.option("--yes", is_flag=True, help="Delete what is known of audiences that the file no longer has.")
@click.option("--no-check", is_flag=True, help="Don't ask Mailchimp and CiviCRM whether all of it is there.")
@click.pass_context
def import_(ctx: click.Context, file: IO[str], yes: bool, no_check: bool) -> None:
    """Take an edited FILE (- for standard input) as the configuration: TOML, JSON, or the PHP extension's JSON.

    It is checked as a whole, here and at both sides, and every problem is named before anything is saved. A masked key
    stays the one that is stored; a plain one is encrypted.
    """
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        _save(site, file.read(), yes=yes, check=not no_check)


@command.command("edit")
@click.option("--no-check", is_flag=True, help="Don't ask Mailchimp and CiviCRM whether all of it is there.")
@click.pass_context
def edit(ctx: click.Context, no_check: bool) -> None:
    """Edit the configuration as TOML, in the editor that EDITOR names; it is saved when you leave the editor.

    Nothing is saved as long as there are problems: they are shown, and you can go on editing.
    """
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        text: str | None = export_configuration(site)
        while (text := click.edit(text, extension=".toml")) is not None:
            try:
                _save(site, text, yes=False, check=not no_check)
            except ConfirmationError:
                raise
            except MailchimpsyncError as error:
                show_error(error)
                if not _again():
                    raise
                site.refresh()  # whoever goes on has read that somebody else has saved meanwhile
            else:
                return
        click.echo("Nothing was changed.")


def _again() -> bool:
    try:
        return click.confirm("Go on editing?", default=True, err=True)
    except click.Abort:
        return False


def _save(site: Site, text: str, *, yes: bool, check: bool) -> Saved:
    before = site.configuration

    def change(confirm: bool) -> Saved:
        return import_configuration(site, text, by=current_user(), confirm=confirm, check=check)

    saved = with_confirmation(change, yes=yes)
    print_saved(saved, changes(before, saved.configuration))
    return saved


for one in (history, diff, restore, rotate_key):
    command.add_command(one)
