"""CiviCRM's own REST form, so that cron lines and scheduled jobs for the PHP extension keep working.

`entity`, `action` and `api_key` come as query or form fields, parameters as `json` or as fields; `key` is ignored.
Errors are answered with status 200 and `is_error: 1`, as CiviCRM does, but for those of tokens, limits and sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic_core import from_json

from mailchimpsync.actions.api.description import Action, Scope, find_action
from mailchimpsync.actions.entities.derived import ENTITIES
from mailchimpsync.errors import UsageError
from mailchimpsync.web.api.calls import call_action
from mailchimpsync.web.api.forms import read_fields
from mailchimpsync.web.authentication import authenticate
from mailchimpsync.web.responses import BAD_REQUEST, INTERNAL, OK, RequestError, error_answer, json_answer, status_of
from mailchimpsync.web.service import service_of

_OURS = frozenset({"entity", "action", "json", "api_key", "key", "q", "prettyprint"})
_OF_THE_CMS = frozenset({"civiwp", "page"})
"""What WordPress needs to find CiviCRM, where the address names the path by `q`."""


def rest(request: HttpRequest) -> HttpResponse:
    """Answer a call in CiviCRM's REST form.

    Raises:
        DeniedError: the token may not make it, or too many were made.
    """
    given = chain(request.GET.lists(), request.POST.lists())
    fields = read_fields((name, str(value)) for name, values in given for value in values)
    key = _word(fields, "api_key")
    try:
        found = _find(fields)
    except UsageError as error:
        authenticate(request, Scope.READ, key)
        return error_answer(error, OK)
    by = authenticate(request, found.scope, key)
    try:
        return _answer(request, by, found, fields)
    except UsageError as error:
        return error_answer(error, OK)


def _find(fields: dict[str, Any]) -> Action:
    entity, action = _word(fields, "entity"), _word(fields, "action")
    if not entity or not action:
        raise UsageError("Say what to call by `entity` and `action`.")
    return find_action(entity, action)


def _answer(request: HttpRequest, by: str, found: Action, fields: dict[str, Any]) -> HttpResponse:
    if request.method != "POST" and found.scope is not Scope.READ:
        raise UsageError("What changes something is called by POST, not by GET.")
    outcome = call_action(service_of(request), by, found.entity, found.name, _parameters(fields), sequential=False)
    failed = outcome.error is not None and status_of(outcome.error) == INTERNAL
    envelope = _with_ids_as_text(outcome.envelope) if found.entity in ENTITIES else outcome.envelope
    return json_answer(envelope, INTERNAL if failed else OK)


def _with_ids_as_text(content: dict[str, Any]) -> dict[str, Any]:
    """CiviCRM gives the numbers of rows as text; the envelope's own `id` is a number there too."""
    values = content.get("values")
    rows = values.values() if isinstance(values, Mapping) else values if isinstance(values, list) else ()
    for row in rows:
        if isinstance(row, dict):
            row.update({name: str(value) for name, value in row.items() if _is_id(name) and isinstance(value, int)})
    return content


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


def _parameters(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters; a field counts more than the same one in `json`, as in CiviCRM."""
    given: Any = {}
    if (text := _word(fields, "json") or "").lstrip().startswith("{"):
        try:
            given = from_json(text, allow_inf_nan=False)
        except ValueError:
            raise RequestError("The parameter `json` is not valid JSON.", BAD_REQUEST) from None
    others = _OURS | _OF_THE_CMS if "q" in fields else _OURS
    return {**given, **{name: value for name, value in fields.items() if name not in others}}


def _word(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
