"""`mailchimpsync token`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import open_site
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import create_token, list_tokens, revoke_token
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.output.console import stderr, stdout
from mailchimpsync.cli.output.json import moment


@click.group("token")
def command() -> None:
    """Create and revoke tokens for the HTTP API."""


@command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    required=True,
    help="read: see everything; run: also sync; configure: also change the configuration.",
)
@click.option("--expires-in-days", type=int, help="From 1 to 3650. Default: valid until revoked.")
@click.pass_context
def create(ctx: click.Context, name: str, scope: str, expires_in_days: int | None) -> None:
    """Create a token and print it. NAME says what it is for. The token is shown only once."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        text = create_token(site, name=name, scope=Scope(scope), expires_in_days=expires_in_days, by=current_user())
    stderr().print("Keep this token safe. It is shown only once, and anyone who has it can use it.")
    click.echo(text)


@command.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List tokens with their scope, expiry and last use."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        found, now = list_tokens(site), site.runtime.now()
    if not found:
        stdout().print("There are no tokens. Create one with `mailchimpsync token create`.")
        return
    table = Table("id", "name", "scope", "state", "expires", "last used", "created by", box=None, padding=(0, 2, 0, 0))
    for one in found:
        times = (moment(one.expires_at), moment(one.last_used_at))
        words = (str(one.id), one.name, one.scope.value, one.state(now), *times, one.created_by)
        table.add_row(*(Text(word) for word in words))
    stdout().print(table)


@command.command("revoke")
@click.argument("token_id", metavar="ID", type=int)
@click.pass_context
def revoke(ctx: click.Context, token_id: int) -> None:
    """Revoke the token with this ID (see `token list`) immediately."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        revoke_token(site, token_id)
    stdout().print(Text.assemble(("✓ ", "good"), f"Token {token_id} was revoked."))
