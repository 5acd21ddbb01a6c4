"""`mailchimpsync api`: all actions that are also available over HTTP and in Python."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click
from pydantic_core import from_json

from mailchimpsync.actions import CallResponse, call
from mailchimpsync.actions.api.description import ACTIONS, Action, find_action
from mailchimpsync.actions.api.envelope import failure
from mailchimpsync.actions.api.help_text import Parameter, explanation_of, parameters_of
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.errors import MailchimpsyncError

USAGE = "mailchimpsync api Entity.action [key=value …] [JSON] [--json JSON] [--in=json]"
WIDTH = 100
STANDARD_INPUT = "-"
JSON_BYTES_MAX = 16 * 1024 * 1024


def call_action(
    ctx: click.Context,
    name: str | None,
    words: tuple[str, ...],
    as_json: str | None,
    source: str,
    form: str,
    with_help: bool,
) -> None:
    if name is None:
        click.echo(f"Usage: {USAGE}\n")
        _list_actions()
        return
    entity, _, action = name.partition(".")
    if with_help:
        _explain(find_action(entity, action))
        return
    given = _parameters(words, STANDARD_INPUT if source == "json" and as_json is None else as_json)
    outcome = _call(ctx, entity, action, given)
    print_json(outcome.envelope, compact=form == "json")
    ctx.exit(outcome.exit_code)


def _call(ctx: click.Context, entity: str, action: str, given: dict[str, Any]) -> CallResponse:
    """Call the action. An error in opening the site is reported in the envelope too, where programs look for it."""
    try:
        with site_of(ctx) as site:
            return call(site, entity, action, given, by=current_user())
    except MailchimpsyncError as error:
        return CallResponse(failure(error), error, error.exit_code)


def _parameters(words: Sequence[str], as_json: str | None) -> dict[str, Any]:
    given = _json(as_json, "--json") if as_json is not None else {}
    if not isinstance(given, dict):
        raise click.BadParameter("expected an object, such as '{\"limit\": 10}'.", param_hint="--json")
    for word in words:
        if word.lstrip().startswith("{"):
            given |= _json(word, "JSON")
        else:
            _put(given, word)
    return given


def _put(given: dict[str, Any], word: str) -> None:
    """Add `key=text` or `key:=json` to the parameters; dots in the key lead into objects."""
    key, sign, text = word.partition("=")
    if not sign or not key.removesuffix(":"):
        raise click.BadParameter(f"“{word}” isn't key=value or key:=json.", param_hint="key=value")
    value = _json(text, key) if key.endswith(":") else text
    *path, last = key.removesuffix(":").split(".")
    for step in path:
        given = given.setdefault(step, {})
        if not isinstance(given, dict):
            raise click.BadParameter(f"“{key}”: {step} already has a value.", param_hint="key=value")
    given[last] = value


def _json(text: str, where: str) -> Any:
    if text == STANDARD_INPUT:
        text = sys.stdin.read(JSON_BYTES_MAX)
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise click.BadParameter(f"not valid JSON ({error}).", param_hint=where) from None


def _list_actions() -> None:
    formatter = click.HelpFormatter(max_width=WIDTH)
    with formatter.section("Actions"):
        formatter.write_dl([(title, one.summary) for title, one in sorted(ACTIONS.items())])
    formatter.write_paragraph()
    formatter.write_text("For the parameters of an action: mailchimpsync api Entity.action --help")
    click.echo(formatter.getvalue(), nl=False)


def _explain(action: Action) -> None:
    formatter = click.HelpFormatter(max_width=WIDTH)
    click.echo(f"Usage: {USAGE.replace('Entity.action', action.title)}\n\n{action.summary}\n")
    text, errors = explanation_of(action)
    if text:
        click.echo(f"{text}\n")
    parameters = parameters_of(action)
    if parameters:
        with formatter.section("Parameters"):
            formatter.write_dl([(one.name, _describe(one)) for one in parameters])
        click.echo(formatter.getvalue())
    for error in errors:
        click.echo(f"Fails if: {error}")
    click.echo(f"Values are text; use key:=JSON for others. Over HTTP, this needs a token of scope `{action.scope}`.")


def _describe(parameter: Parameter) -> str:
    must = "required" if parameter.is_required else f"default {parameter.default}" if parameter.default else ""
    also = f"also called {', '.join(parameter.aliases)}" if parameter.aliases else ""
    notes = "; ".join(filter(None, [parameter.kind, must, also]))
    return f"{parameter.description} ({notes})"
