"""`mailchimpsync config`: the configuration as text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Literal

import click

from mailchimpsync.actions import SavedConfiguration, Site, export_configuration, import_configuration
from mailchimpsync.cli.input.confirmation import print_saved, with_confirmation
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.errors import show_error
from mailchimpsync.config import changes
from mailchimpsync.errors import ConfirmationError, MailchimpsyncError

Form = Literal["toml", "json"]


def show(ctx: click.Context, form: Form) -> None:
    with site_of(ctx) as site:
        click.echo(export_configuration(site, form=form), nl=False)


def export(ctx: click.Context, output: Path | None, encrypted: bool, with_secrets: bool, form: Form) -> None:
    with site_of(ctx) as site:
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


def import_text(ctx: click.Context, file: IO[str], yes: bool, no_check: bool) -> None:
    with site_of(ctx) as site:
        _save(site, file.read(), yes=yes, check=not no_check)


def edit(ctx: click.Context, no_check: bool) -> None:
    with site_of(ctx) as site:
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


def _save(site: Site, text: str, *, yes: bool, check: bool) -> SavedConfiguration:
    before = site.configuration

    def change(confirm: bool) -> SavedConfiguration:
        return import_configuration(site, text, by=current_user(), confirm=confirm, check=check)

    saved = with_confirmation(change, yes=yes)
    print_saved(saved, changes(before, saved.configuration))
    return saved
