"""The configuration as a text: TOML, to be read and edited by people, or JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit

from mailchimpsync.errors import ConfigurationError

_HEAD = (
    "mailchimpsync: what is connected with what. Edit, then `mailchimpsync config import FILE`.",
    "A key that shows as … stays the one that is stored; a plain key is encrypted when it is imported.",
)


def to_toml(values: Mapping[str, Any]) -> str:
    """Return plain values as a TOML text."""
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    for name, value in values.items():
        if value:
            document.add(name, _tables(value) if isinstance(value, list) else tomlkit.item(value))
    return tomlkit.dumps(document)


def _tables(values: list[Mapping[str, Any]]) -> Any:
    tables = tomlkit.aot()
    for value in values:
        tables.append(tomlkit.item(dict(value)))
    return tables


def to_json(values: Mapping[str, Any]) -> str:
    """Return plain values as a JSON text."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def from_text(text: str) -> dict[str, Any]:
    """Return the values that a text in TOML or JSON holds.

    Raises:
        ConfigurationError: it is neither; says where, never what.
    """
    text = text.removeprefix("\ufeff")
    return _from_json(text) if text.lstrip().startswith("{") else _from_toml(text)


def from_json_text(text: str) -> dict[str, Any]:
    """Return the values that a text in JSON holds.

    Raises:
        ConfigurationError: it is no JSON, or no object; says where, never what.
    """
    values = _from_json(text.removeprefix("\ufeff")) if text.strip() else {}
    if not isinstance(values, dict):
        raise ConfigurationError("The configuration is no object; JSON text begins with “{”.")
    return values


def _from_json(text: str) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        place = f" ({error.msg}, line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError(f"The configuration is not valid JSON{place}.") from None
    return values


def _from_toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = f": {error}" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise ConfigurationError(f"The configuration is not valid TOML{place}.") from None
