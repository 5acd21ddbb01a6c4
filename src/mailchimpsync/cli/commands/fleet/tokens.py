"""`mailchimpsync fleet token`: tokens for what is the fleet's own."""

from __future__ import annotations

import click

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.cli import tokens
from mailchimpsync.cli.fleet_parts import fleet_of


def create(ctx: click.Context, name: str, expires_in_days: int | None) -> None:
    tokens.create(fleet_of(ctx), name, Scope.READ, expires_in_days)


def list_all(ctx: click.Context, as_json: bool) -> None:
    tokens.list_all(fleet_of(ctx), as_json)


def revoke(ctx: click.Context, token_id: int) -> None:
    tokens.revoke(fleet_of(ctx), token_id)
