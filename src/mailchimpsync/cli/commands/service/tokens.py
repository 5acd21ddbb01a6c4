"""`mailchimpsync token`."""

from __future__ import annotations

import click

from mailchimpsync.cli import tokens
from mailchimpsync.cli.opening import site_of


def create(ctx: click.Context, name: str, scope: str, expires_in_days: int | None) -> None:
    tokens.create(site_of(ctx), name, scope, expires_in_days)


def list_all(ctx: click.Context, as_json: bool) -> None:
    tokens.list_all(site_of(ctx), as_json)


def revoke(ctx: click.Context, token_id: int) -> None:
    tokens.revoke(site_of(ctx), token_id)
