"""Descriptions of actions for help texts and the reference page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.api.description import Action

_KINDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "yes or no",
    "object": "object",
    "array": "list",
}
_ERROR = re.compile(r"^ {4}\w+(?:, \w+)*: ", re.MULTILINE)
_FORMATS = {"date-time": "time", "application/json": "JSON text"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as callers write it; `default` is "" if there is none to show."""

    name: str
    kind: str
    is_required: bool
    default: str
    description: str
    aliases: tuple[str, ...] = ()


def explanation_of(action: Action) -> tuple[str, list[str]]:
    """Return the docstring after its first line: the text, and the list of errors."""
    text, _, errors = action.description.partition("Raises:")
    return text.strip(), [" ".join(one.split()) for one in _ERROR.split(errors) if one.strip()]


def parameters_of(action: Action) -> list[Parameter]:
    """Return an action's parameters in their order."""
    schema = action.parameters.model_json_schema()
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    other_names = _aliases(action)
    return [
        Parameter(
            name=name,
            kind=" or ".join(dict.fromkeys(_kinds(one, definitions))),
            is_required=name in schema.get("required", ()),
            default=_default(one.get("default")),
            description=one.get("description", ""),
            aliases=other_names.get(name, ()),
        )
        for name, one in schema.get("properties", {}).items()
    ]


def _aliases(action: Action) -> dict[str, tuple[str, ...]]:
    found = {}
    for field in action.parameters.model_fields.values():
        names = [str(name) for name in getattr(field.validation_alias, "choices", ())]
        if names:
            found[names[0]] = tuple(names[1:])
    return found


def _kinds(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield from _kinds(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _kinds(one, definitions)
    elif "enum" in schema or "const" in schema:
        yield from (f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    elif str(schema.get("title", "")).endswith("Operators"):
        yield "filter"
    elif schema.get("type") == "array":
        yield f"list of {' or '.join(f'{one}s' for one in _kinds(schema.get('items', {}), definitions))}"
    elif schema.get("type") != "null":
        yield _FORMATS.get(
            schema.get("contentMediaType", schema.get("format", "")), _KINDS.get(schema.get("type", ""), "anything")
        )


def _default(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
