"""`mailchimpsync config`: the configuration as text."""

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
    "--format",
    "form",
    type=click.Choice(["toml", "json"]),
    default="toml",
    show_default=True,
    help="The format of the text.",
)


@click.group("config")
def command() -> None:
    """Show, edit, export and import the configuration, see earlier versions, and change the secret key."""


@command.command("show")
@form_option
@click.pass_context
def show(ctx: click.Context, form: Form) -> None:
    """Show the configuration, with masked API keys."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        click.echo(export_configuration(site, form=form), nl=False)


@command.command("export")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A new file, readable only by you."
)
@click.option("--encrypted", is_flag=True, help="Include API keys, encrypted with this site's secret key.")
@click.option("--with-secrets", is_flag=True, help="Include API keys in plain text. Keep the output safe.")
@form_option
@click.pass_context
def export(ctx: click.Context, output: Path | None, encrypted: bool, with_secrets: bool, form: Form) -> None:
    """Export the configuration as text, with masked API keys by default."""
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
@click.option("--yes", is_flag=True, help="Delete the records of audiences that are no longer in the file.")
@click.option("--no-check", is_flag=True, help="Don't check with Mailchimp and CiviCRM that everything exists.")
@click.pass_context
def import_(ctx: click.Context, file: IO[str], yes: bool, no_check: bool) -> None:
    """Import the configuration from FILE (- for standard input): TOML, JSON, or the PHP extension's JSON.

    Everything is checked, here and on both sides, and all problems are listed before anything is saved. A masked key
    keeps the stored one; a plain key is encrypted.
    """
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        _save(site, file.read(), yes=yes, check=not no_check)


@command.command("edit")
@click.option("--no-check", is_flag=True, help="Don't check with Mailchimp and CiviCRM that everything exists.")
@click.pass_context
def edit(ctx: click.Context, no_check: bool) -> None:
    """Edit the configuration as TOML in your EDITOR. It is saved when you close the editor.

    If there are problems, they are shown, nothing is saved, and you can continue editing.
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
                site.refresh()  # the user has seen that someone else has saved in the meantime
            else:
                return
        click.echo("Nothing was changed.")


def _again() -> bool:
    try:
        return click.confirm("Continue editing?", default=True, err=True)
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
