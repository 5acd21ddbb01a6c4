"""Commands for tokens: those of a site, and those of a fleet."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict

import click
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import Owner, create_token, list_tokens, revoke_token
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.output.console import stderr, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.messages import moment


def create(owner: AbstractContextManager[Owner], name: str, scope: str, expires_in_days: int | None) -> None:
    """Create a token and print it."""
    with owner as opened:
        text = create_token(opened, name=name, scope=Scope(scope), expires_in_days=expires_in_days, by=current_user())
    stderr().print("Keep this token safe. It is shown only once, and anyone who has it can use it.")
    click.echo(text)


def list_all(owner: AbstractContextManager[Owner], as_json: bool) -> None:
    """List all tokens."""
    with owner as opened:
        found, now = list_tokens(opened), opened.runtime.now()
    if as_json:
        print_json([asdict(one) | {"state": one.state(now)} for one in found])
        return
    if not found:
        stdout().print("There are no tokens. Create one with `mailchimpsync token create`.")
        return
    table = Table("id", "name", "scope", "state", "expires", "last used", "created by", box=None, padding=(0, 2, 0, 0))
    for one in found:
        times = (moment(one.expires_at), moment(one.last_used_at))
        words = (str(one.id), one.name, one.scope.value, one.state(now), *times, one.created_by)
        table.add_row(*(Text(word) for word in words))
    print_tables(stdout(), table)


def revoke(owner: AbstractContextManager[Owner], token_id: int) -> None:
    """Revoke a token."""
    with owner as opened:
        revoke_token(opened, token_id)
    stdout().print(Text.assemble(("✓ ", "good"), f"Token {token_id} was revoked."))
