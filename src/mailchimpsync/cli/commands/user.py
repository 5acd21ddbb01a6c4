"""`mailchimpsync user`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import Site, open_site
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.output.console import stderr, stdout
from mailchimpsync.cli.output.json import moment
from mailchimpsync.cli.web_parts import web_parts

ROLES = ("viewer", "operator", "administrator")

_role = click.Choice(ROLES)


@click.group("user")
def command() -> None:
    """Manage the users of the screens, and create links for setting their passwords."""


@contextmanager
def _site(ctx: click.Context) -> Iterator[Site]:
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site, web_parts(site):
        yield site


@command.command("create")
@click.argument("name")
@click.option(
    "--role",
    type=_role,
    required=True,
    help="viewer: see everything; operator: also sync and approve; administrator: also configure.",
)
@click.pass_context
def create(ctx: click.Context, name: str, role: str) -> None:
    """Create the user NAME, and print a link for choosing a password."""
    with _site(ctx) as site:
        from mailchimpsync.web.accounts import create_user  # noqa: PLC0415 (Django must be set up)
        from mailchimpsync.web.models import Role  # noqa: PLC0415

        create_user(name, Role(role), current_user())
        _print_link(site, name)


@command.command("link")
@click.argument("name")
@click.pass_context
def link(ctx: click.Context, name: str) -> None:
    """Print a link for the user NAME to choose a new password."""
    with _site(ctx) as site:
        _print_link(site, name)


@command.command("role")
@click.argument("name")
@click.argument("role", type=_role)
@click.pass_context
def role(ctx: click.Context, name: str, role: str) -> None:
    """Give the user NAME another ROLE."""
    with _site(ctx):
        from mailchimpsync.web.accounts import change_role, find_user  # noqa: PLC0415 (Django must be set up)
        from mailchimpsync.web.models import Role  # noqa: PLC0415

        change_role(find_user(name), Role(role))
    stdout().print(Text.assemble(("✓ ", "good"), f"{name} now has the role {role}."))


@command.command("remove")
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove the user NAME, and sign them out immediately."""
    with _site(ctx):
        from mailchimpsync.web.accounts import find_user, remove_user  # noqa: PLC0415 (Django must be set up)

        remove_user(find_user(name))
    stdout().print(Text.assemble(("✓ ", "good"), f"{name} was removed."))


@command.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the users with their roles and last sign-in."""
    table = Table("name", "role", "last sign-in", "created by", box=None, padding=(0, 2, 0, 0))
    with _site(ctx):
        from mailchimpsync.web.models import User  # noqa: PLC0415 (Django must be set up)

        for one in User.objects.all():
            table.add_row(*(Text(word) for word in (one.name, one.role, moment(one.last_login), one.created_by)))
    if not table.row_count:
        stdout().print("There are no users yet. `mailchimpsync serve` prints a link for creating the first one.")
        return
    stdout().print(table)


def _print_link(site: Site, name: str) -> None:
    from mailchimpsync.web.accounts import address_of, find_user, password_path  # noqa: PLC0415 (Django must be set up)

    stderr().print("Give this link only to this user. The link works once and expires in three days.")
    click.echo(address_of(site.settings, password_path(find_user(name))))
