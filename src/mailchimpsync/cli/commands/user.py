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
    """Make and remove the users of the screens, and links for their passwords."""


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
    help="viewer: look at everything; operator: also sync and approve; administrator: also configure.",
)
@click.pass_context
def create(ctx: click.Context, name: str, role: str) -> None:
    """Make the user NAME, and print the link by which they choose a password."""
    with _site(ctx) as site:
        from mailchimpsync.web.accounts import create_user  # noqa: PLC0415 (Django must be set up)
        from mailchimpsync.web.models import Role  # noqa: PLC0415

        create_user(name, Role(role), current_user())
        _print_link(site, name)


@command.command("link")
@click.argument("name")
@click.pass_context
def link(ctx: click.Context, name: str) -> None:
    """Print a link by which the user NAME chooses a new password."""
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
    stdout().print(Text.assemble(("✓ ", "good"), f"{name} is {role} now."))


@command.command("remove")
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove the user NAME; they are signed out at once."""
    with _site(ctx):
        from mailchimpsync.web.accounts import find_user, remove_user  # noqa: PLC0415 (Django must be set up)

        remove_user(find_user(name))
    stdout().print(Text.assemble(("✓ ", "good"), f"{name} is removed."))


@command.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List the users: their roles, and when they last signed in."""
    table = Table("name", "role", "last signed in", "made by", box=None, padding=(0, 2, 0, 0))
    with _site(ctx):
        from mailchimpsync.web.models import User  # noqa: PLC0415 (Django must be set up)

        for one in User.objects.all():
            table.add_row(*(Text(word) for word in (one.name, one.role, moment(one.last_login), one.created_by)))
    if not table.row_count:
        stdout().print("There are no users; `mailchimpsync serve` prints a link for the first one.")
        return
    stdout().print(table)


def _print_link(site: Site, name: str) -> None:
    from mailchimpsync.web.accounts import address_of, find_user, password_path  # noqa: PLC0415 (Django must be set up)

    stderr().print("Give this link to them only. It serves once, within three days.")
    click.echo(address_of(site.settings, password_path(find_user(name))))
