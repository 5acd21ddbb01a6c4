"""`mailchimpsync user`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from mailchimpsync.cli import users
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.web_parts import web_parts
from mailchimpsync.config import Settings


@contextmanager
def _users(ctx: click.Context) -> Iterator[Settings]:
    with site_of(ctx) as site, web_parts(site):
        yield site.settings


def create(ctx: click.Context, name: str, role: str) -> None:
    users.create(_users(ctx), name, role)


def print_link(ctx: click.Context, name: str) -> None:
    users.print_link(_users(ctx), name)


def change_role(ctx: click.Context, name: str, role: str) -> None:
    users.change_role(_users(ctx), name, role)


def remove(ctx: click.Context, name: str) -> None:
    users.remove(_users(ctx), name)


def list_all(ctx: click.Context, as_json: bool) -> None:
    users.list_all(_users(ctx), as_json)
