"""Calls an action by name, for every interface: the command line, HTTP and Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from mailchimpsync.actions.api.description import Action, find_action
from mailchimpsync.actions.api.envelope import failure
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import MailchimpsyncError, UsageError
from mailchimpsync.messages import say

STANDARD_PARAMETERS = frozenset({"version", "sequential", "debug", "check_permissions"})
"""Parameters that CiviCRM's callers may add to any call; only `sequential` has an effect here."""

_NO = frozenset({"", "0", "false", "no", "none"})


@dataclass(frozen=True, slots=True)
class CallResponse:
    """The response to a call: CiviCRM's envelope, its error (for the HTTP status), and an exit code."""

    envelope: dict[str, Any]
    error: MailchimpsyncError | None = None
    exit_code: int = 0


def call(
    site: Site, entity: str, action: str, given: Mapping[str, Any], *, sequential: bool = True, **helpers: Any
) -> CallResponse:
    """Call an action with unchecked parameters, and return its response, which includes the product's errors.

    `options` (CiviCRM's `{"limit": 10, "offset": 20, "sort": "id", "is_count": 1}`) are ordinary parameters.
    With `sequential`, which a parameter of the call may override, rows are a list; otherwise they are keyed by `id`.
    `helpers` are the Python objects of `Action.call`.
    """
    try:
        found = find_action(entity, action)
        called = found.carry_out(site, parameters(found, given), **helpers)
    except MailchimpsyncError as error:
        return CallResponse(failure(error), error, error.exit_code)
    as_list = _yes(given["sequential"]) if "sequential" in given else sequential
    envelope, judged = found.envelope(called.values, sequential=as_list), called.judged
    if judged.error is not None:
        envelope |= failure(judged.error)  # keep the entries, which have the outcome of each connection
    return CallResponse(envelope, judged.error, judged.exit_code)


def parameters(action: Action, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the action's own parameters, without standard ones and with `options` merged in.

    Raises:
        UsageError: the options are not an object.
    """
    own = action.parameters.model_fields
    kept = {name: value for name, value in given.items() if name not in STANDARD_PARAMETERS or name in own}
    if "options" in kept and "options" not in own:
        options = _from_text(kept.pop("options"))
        if not isinstance(options, Mapping):
            raise UsageError(say("%(title)s: options: give an object, such as {'limit': 10}.", title=action.title))
        kept = {name: value for name, value in options.items() if name not in STANDARD_PARAMETERS} | kept
    return kept


def _from_text(options: Any) -> Any:
    """CiviCRM's callers may send options as JSON text."""
    try:
        return from_json(options, allow_inf_nan=False) if isinstance(options, str) else options
    except ValueError:
        return None


def _yes(value: object) -> bool:
    return str(value).strip().lower() not in _NO
