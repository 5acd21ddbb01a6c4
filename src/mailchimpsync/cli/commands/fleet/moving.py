"""`mailchimpsync site export` and `site import`."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import Fleet, Site
from mailchimpsync.actions.transfer.export import export_site
from mailchimpsync.actions.transfer.imports import import_into_fleet, import_into_home
from mailchimpsync.cli.fleet_parts import fleet_of
from mailchimpsync.cli.input.questions import ask
from mailchimpsync.cli.opening import home_of, site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.web_parts import has_web_parts, web_parts

_VARIABLE = "MAILCHIMPSYNC_PASSPHRASE"


def export(ctx: click.Context, file: Path, name: str | None) -> None:
    if name is not None:
        with fleet_of(ctx) as fleet:
            export_to(fleet, name, file)
        return
    with site_of(ctx) as site:
        _export(site, file, "")


def export_to(fleet: Fleet, name: str, file: Path) -> None:
    """Export a site of a fleet to a file, and say so."""
    title = fleet.site(name).title
    with fleet.open(name) as site:
        _export(site, file, title)


def _export(site: Site, file: Path, title: str) -> None:
    exported = export_site(site, file, _passphrase(), title)
    users = "1 user" if exported.users == 1 else f"{exported.users:,} users"
    what = f"{file} has the site now: {exported.rows:,} rows and {users}."
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), what))


def import_file(ctx: click.Context, file: Path, name: str | None, new_home: bool, database: str | None) -> None:
    if new_home:
        import_into_home(home_of(ctx), file, _passphrase(), _prepare, database=database)
        print_sentence(stdout(), Text.assemble(("✓ ", "good"), "The site was imported into a new home."))
        return
    with fleet_of(ctx) as fleet:
        site = import_into_fleet(fleet, file, _passphrase(), name)
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"{site.title} was imported as the site {site.name}."))


def _prepare(site: Site) -> None:
    if has_web_parts():
        with web_parts(site):
            pass


def _passphrase() -> str:
    return os.environ.get(_VARIABLE) or ask("Passphrase of the file", f"the variable {_VARIABLE}", secret=True)
