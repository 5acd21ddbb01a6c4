"""Commands for users: those of a site, and the operators of a fleet."""

from __future__ import annotations

from contextlib import AbstractContextManager

import click
from rich.table import Table
from rich.text import Text

from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.output.console import stderr, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.config import Settings
from mailchimpsync.messages import moment

ROLES = ("viewer", "operator", "administrator")


Users = AbstractContextManager[Settings]
"""Within it, Django's users are those that are meant; it provides the settings of their service."""


def create(users: Users, name: str, role: str) -> None:
    """Create a user, and print a link for choosing a password."""
    with users as settings:
        from mailchimpsync.web.accounts import create_user  # noqa: PLC0415 (Django must be set up)
        from mailchimpsync.web.models import Role  # noqa: PLC0415

        create_user(name, Role(role), current_user())
        _print_link(settings, name)


def print_link(users: Users, name: str) -> None:
    """Print a link for choosing a new password."""
    with users as settings:
        _print_link(settings, name)


def change_role(users: Users, name: str, role: str) -> None:
    """Give a user another role."""
    with users:
        from mailchimpsync.web.accounts import change_role, find_user  # noqa: PLC0415 (Django must be set up)
        from mailchimpsync.web.models import Role  # noqa: PLC0415

        change_role(find_user(name), Role(role))
    stdout().print(Text.assemble(("✓ ", "good"), f"{name} now has the role {role}."))


def remove(users: Users, name: str) -> None:
    """Remove a user."""
    with users:
        from mailchimpsync.web.accounts import find_user, remove_user  # noqa: PLC0415 (Django must be set up)

        remove_user(find_user(name))
    stdout().print(Text.assemble(("✓ ", "good"), f"{name} was removed."))


def list_all(users: Users, as_json: bool) -> None:
    """List all users."""
    with users:
        from mailchimpsync.web.models import User  # noqa: PLC0415 (Django must be set up)

        found = list(User.objects.values("name", "role", "last_login", "created_by"))
    if as_json:
        print_json(found)
    elif found:
        table = Table("name", "role", "last sign-in", "created by", box=None, padding=(0, 2, 0, 0))
        for one in found:
            words = (one["name"], one["role"], moment(one["last_login"]), one["created_by"])
            table.add_row(*map(Text, words))
        print_tables(stdout(), table)
    else:
        stdout().print("There are no users yet. `mailchimpsync serve` prints a link for creating the first one.")


def _print_link(settings: Settings, name: str) -> None:
    from mailchimpsync.web.accounts import address_of, find_user, password_path  # noqa: PLC0415 (Django must be set up)

    stderr().print("Give this link only to this user. The link works once and expires in three days.")
    click.echo(address_of(settings, password_path(find_user(name))))
