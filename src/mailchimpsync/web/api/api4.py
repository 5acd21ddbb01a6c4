"""CiviCRM's APIv4 form for the same actions: `POST civicrm/ajax/api4/MailchimpsyncCache/get` with `params` as JSON.

`where`, `select`, `orderBy`, `limit` and `offset` look rows up, `values` and `where` on the id change one. Conditions
must all be met; groups of them with OR are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic_core import from_json

from mailchimpsync.actions.api.description import Action, Scope, find_action
from mailchimpsync.actions.api.dispatch import CallResponse
from mailchimpsync.actions.entities.derived import ENTITIES
from mailchimpsync.errors import UsageError
from mailchimpsync.web.api.calls import call_action
from mailchimpsync.web.authentication import authenticate
from mailchimpsync.web.responses import BAD_REQUEST, OK, RequestError, json_answer, status_of
from mailchimpsync.web.service import service_of

VERSION = 4
ROW_COUNT = "row_count"
_NAMES = {"update": "create", "getfields": "getfields"}
_HOUSE_KEEPING = frozenset({"checkPermissions", "debug", "index", "language", "reload", "select", "version"})
_OPERATORS = {"<>": "!=", "CONTAINS": "LIKE", "NOT CONTAINS": "NOT LIKE"}
_CONDITION_PARTS_MAX = 3


def api4(request: HttpRequest, entity: str, action: str) -> HttpResponse:
    """Answer a call in APIv4's form.

    Raises:
        DeniedError: the token may not make it, or too many were made.
        UsageError: there is no such action, or the parameters can't be understood.
    """
    text = _token_among_fields(request)
    try:
        found = find_action(entity, _NAMES.get(action.lower(), action))
    except UsageError:
        authenticate(request, Scope.READ, text)
        raise
    by = authenticate(request, found.scope, text)
    if request.method != "POST" and found.scope is not Scope.READ:
        raise UsageError("What changes something is called by POST, not by GET.")
    given = _parameters(found, action, _params(request))
    outcome = call_action(service_of(request), by, found.entity, found.name, given)
    about = {"entity": found.entity, "action": action, "version": VERSION}
    return json_answer({**about, **_content(found, outcome)}, status_of(outcome.error) if outcome.error else OK)


def _token_among_fields(request: HttpRequest) -> str | None:
    kind, _, text = (request.POST.get("_authx") or request.GET.get("_authx") or "").partition(" ")
    return text.strip() or None if kind.lower() == "bearer" else None


def _params(request: HttpRequest) -> dict[str, Any]:
    text: str | bytes = request.POST.get("params") or request.GET.get("params") or ""
    if not text and request.content_type == "application/json":
        text = request.body
    try:
        given = from_json(text or "{}", allow_inf_nan=False)
    except ValueError:
        raise RequestError("The parameter `params` is not valid JSON.", BAD_REQUEST) from None
    if not isinstance(given, dict):
        raise RequestError("The parameter `params` is not a JSON object.", BAD_REQUEST)
    return given


def _parameters(action: Action, asked: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of our action that say what APIv4's say."""
    if action.entity in ENTITIES and action.name == "get":
        return _to_look_up(given)
    known = {name: value for name, value in given.items() if name not in _HOUSE_KEEPING}
    where, values = known.pop("where", None), known.pop("values", {})
    if not isinstance(values, Mapping):
        raise UsageError("values: give an object.")
    if action.name == "getfields":
        return {"api_action": known.get("action", "get")}
    changes_one = asked.lower() in {"update", "delete"} and action.entity in ENTITIES
    return {**known, **values, **(_id_of(where) if changes_one and where is not None else {})}


def _to_look_up(given: Mapping[str, Any]) -> dict[str, Any]:
    select, order = given.get("select") or [], given.get("orderBy") or {}
    if not isinstance(select, list) or not isinstance(order, Mapping):
        raise UsageError("select is a list of columns, and orderBy an object of columns with ASC or DESC.")
    columns = [name for name in select if name not in (ROW_COUNT, "*")]
    sort = [f"{name} {direction}" for name, direction in order.items()]
    return {
        **_filters(given.get("where") or []),
        "limit": given.get("limit", 0),
        "offset": given.get("offset", 0),
        **({"sort": sort} if sort else {}),
        **({"return": columns} if columns else {}),
        **({"is_count": True} if select == [ROW_COUNT] else {}),
    }


def _filters(where: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for condition in where if isinstance(where, list) else [where]:
        column, operator, value = _condition(condition)
        if operator in found.setdefault(column, {}):
            raise UsageError(f"where: {column} has two conditions with {operator}; a call takes one of each.")
        found[column][operator] = value
    return found


def _condition(condition: Any) -> tuple[str, str, Any]:
    is_one = isinstance(condition, list) and 1 < len(condition) <= _CONDITION_PARTS_MAX
    if not is_one or not all(isinstance(part, str) for part in condition[:2]):
        raise UsageError('where: give conditions such as ["sync_status", "=", "fail"]; groups with OR are not taken.')
    column, operator, value = (*condition, True) if len(condition) < _CONDITION_PARTS_MAX else condition
    return column, _OPERATORS.get(operator, operator), value


def _id_of(where: Any) -> dict[str, Any]:
    filters = _filters(where)
    if filters.keys() != {"id"} or filters["id"].keys() != {"="}:
        raise UsageError('where: name one row by [["id", "=", 5]].')
    return {"id": filters["id"]["="]}


def _content(action: Action, outcome: CallResponse) -> dict[str, Any]:
    envelope = outcome.envelope
    if outcome.error is not None:
        return {name: value for name, value in envelope.items() if name.startswith("error_") or name == "values"}
    values = envelope["values"]
    if action.entity in ENTITIES and action.name == "get" and isinstance(values, int):
        return {"count": values, "countMatched": values, "values": []}
    if action.name == "getfields":
        values = list(values.values())
    rows = values if isinstance(values, Sequence) and not isinstance(values, str) else [values]
    return {"count": len(rows), "countFetched": len(rows), "values": rows}
