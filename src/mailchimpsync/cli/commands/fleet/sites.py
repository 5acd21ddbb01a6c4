"""`mailchimpsync site`: adds, lists, changes and removes sites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import Fleet
from mailchimpsync.actions.transfer.export import check_idle
from mailchimpsync.cli.commands.fleet.moving import export_to
from mailchimpsync.cli.fleet_parts import fleet_of
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.errors import ConfirmationError, StoreError
from mailchimpsync.messages import moment
from mailchimpsync.store.fleet.sites import FleetSite


def add(ctx: click.Context, name: str, title: str | None, host: str | None) -> None:
    with fleet_of(ctx) as fleet:
        site = fleet.add(name, title or "", host=host)
        address = fleet.settings_of(site).public_url
    done(f"{site.title} was added{f'; its address is {address}' if address else ''}.")
    print_sentence(stdout(), Text(f"Next: `mailchimpsync --site {name} init`"))


def list_all(ctx: click.Context, as_json: bool) -> None:
    with fleet_of(ctx) as fleet:
        found = fleet.sites()
    if as_json:
        print_json([_form(one) for one in found])
        return
    if not found:
        print_sentence(stdout(), Text("There are no sites yet. Add one with `mailchimpsync site add`."))
        return
    table = Table("name", "title", "schema", "added", "", box=None, padding=(0, 2, 0, 0))
    for one in found:
        state = "disabled" if one.disabled_at else ""
        table.add_row(*map(Text, (one.name, one.title, one.schema_number, moment(one.created_at), state)))
    print_tables(stdout(), table)


def show(ctx: click.Context, name: str, as_json: bool) -> None:
    with fleet_of(ctx) as fleet:
        site = fleet.site(name)
        address = fleet.settings_of(site).public_url
    if as_json:
        print_json({**_form(site), "public_url": address})
        return
    table = Table.grid(padding=(0, 2))
    for what, value in (
        ("title", site.title),
        ("address", address or "not set: the fleet has no public_url"),
        ("schema", site.schema_number),
        ("role", site.role),
        ("added", moment(site.created_at)),
        ("disabled", moment(site.disabled_at) if site.disabled_at else "no"),
    ):
        table.add_row(Text(what, style="dim"), Text(value))
    print_tables(stdout(), table)


def _form(site: FleetSite) -> dict[str, object]:
    return site._asdict()


def change(
    ctx: click.Context, name: str, title: str | None, host: str | None, no_host: bool, disable: bool | None
) -> None:
    with fleet_of(ctx) as fleet:
        fleet.change(name, title=title, host="" if no_host else host, disable=disable)
    done(f"{name} was changed.")


def remove(ctx: click.Context, name: str, file: Path | None, yes: bool) -> None:
    with fleet_of(ctx) as fleet:
        fleet.site(name)
        if not yes:
            _confirm(fleet, name, is_exported=file is not None)
        with _out_of_use(fleet, name):
            if file is not None:
                export_to(fleet, name, file)
            _check_idle(fleet, name)
            fleet.remove(name)
    done(f"{name} was removed.")


def _check_idle(fleet: Fleet, name: str) -> None:
    """Check that no sync is at work: it would go on at Mailchimp. Tables that can't be read are removed anyway."""
    with suppress(StoreError), fleet.store.store_of(fleet.site(name)).reading() as tx:
        check_idle(tx)


@contextmanager
def _out_of_use(fleet: Fleet, name: str) -> Iterator[None]:
    """Disable a site, so that nothing changes after its export, and no sync begins; if that fails, it is as it was."""
    was_disabled = fleet.site(name).disabled_at is not None
    fleet.change(name, disable=True)
    try:
        yield
    except BaseException:
        fleet.change(name, disable=was_disabled)
        raise


def _confirm(fleet: Fleet, name: str, *, is_exported: bool) -> None:
    """Ask for the site's name.

    Raises:
        ConfirmationError: another name was typed, or nobody can answer.
    """
    advice = "" if is_exported else " To keep a copy, run this again with --export FILE."
    what = f"This deletes all data of {fleet.site(name).title}, its users and its journal.{advice}"
    print_sentence(stderr(), Text(what))
    try:
        typed = click.prompt("To confirm, type the site's name", err=True, default="", show_default=False)
    except click.Abort:
        typed = ""
    if typed != name:
        raise ConfirmationError("That isn't the site's name, so nothing was removed.")


def done(what: str) -> None:
    """Print what was done."""
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), what))
