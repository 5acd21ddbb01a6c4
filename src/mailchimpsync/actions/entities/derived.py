"""Actions that CiviCRM has for every entity with `get`: `getcount`, `getsingle`, `getvalue` and `getfields`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

import mailchimpsync.actions.entities.batch
import mailchimpsync.actions.entities.cache
import mailchimpsync.actions.entities.update  # noqa: F401 (the entities register their actions)
from mailchimpsync.actions.api.description import ACTIONS, Action, Scope, action
from mailchimpsync.actions.api.envelope import success
from mailchimpsync.actions.api.help_text import parameters_of
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import UsageError

ENTITIES = ("MailchimpsyncCache", "MailchimpsyncBatch", "MailchimpsyncUpdate")

ApiAction = Annotated[str, Field(description="The action whose parameters to return.", max_length=100)]


def _single(values: Mapping[str, Any], *, sequential: bool = True) -> dict[str, Any]:
    """Return the row itself, as CiviCRM does; `values` has it too, as in every other response."""
    return {**values, **success([values], sequential=sequential)}


def _value(value: Any, *, sequential: bool = True) -> dict[str, Any]:  # noqa: ARG001 (as every envelope)
    return {**success(value), "result": value}


def _derive(get: Action) -> None:
    def one_row(site: Site, **given: Any) -> dict[str, Any]:
        rows = get.function(site, **{**given, "limit": 2, "offset": 0, "is_count": False})
        if len(rows) != 1:
            number = get.function(site, **{**given, "is_count": True})
            raise UsageError(f"Expected one {get.entity} but found {number}.")
        row: dict[str, Any] = rows[0]
        return row

    def one_value(site: Site, **given: Any) -> Any:
        wanted = given.get("columns")
        names = wanted if isinstance(wanted, list) else [wanted] if wanted else []
        if len(names) != 1 or "," in names[0]:
            raise UsageError(f"{get.entity}.getvalue: give one column as `return`.")
        return one_row(site, **given).get(names[0])

    def number(site: Site, **given: Any) -> Any:
        return get.function(site, **{**given, "is_count": True})

    filters = f"Takes the filters of `{get.title}`."
    for name, function, summary, envelope in (
        ("getcount", number, "Return how many rows match the filters.", _value),
        (
            "getsingle",
            one_row,
            "Return the only row that matches the filters; fails if there are none or several.",
            _single,
        ),
        (
            "getvalue",
            one_value,
            "Return one column, named by `return`, of the only row that matches the filters.",
            _value,
        ),
    ):
        derived = replace(get, name=name, function=function, summary=summary, description=filters, envelope=envelope)
        ACTIONS[derived.title] = derived


def _describe_fields(entity: str) -> None:
    @action(entity, Scope.READ, name="getfields")
    def getfields(site: Site, *, api_action: ApiAction = "get") -> dict[str, dict[str, Any]]:  # noqa: ARG001 (as every action)
        """Return the parameters of an action by name: the columns of a row and the options of a call.

        Raises:
            UsageError: there is no such action.
        """
        found = ACTIONS.get(f"{entity}.{api_action.lower()}")
        if found is None:
            raise UsageError(f"{entity} has no action {api_action}.")
        return {
            one.name: {
                "name": one.name,
                "title": one.name,
                "description": one.description,
                "data_type": one.kind,
                "api.required": int(one.is_required),
                "api.aliases": list(one.aliases),
            }
            for one in parameters_of(found)
        }


for _entity in ENTITIES:
    _derive(ACTIONS[f"{_entity}.get"])
    _describe_fields(_entity)
