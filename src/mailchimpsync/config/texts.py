"""The configuration as text: TOML for people to read and edit, or JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from mailchimpsync.errors import ConfigurationError
from mailchimpsync.messages import say


def to_toml(values: Mapping[str, Any]) -> str:
    """Return plain values as a TOML text."""
    from mailchimpsync.config.toml import to_toml_text  # noqa: PLC0415 (most commands don't write TOML)

    return to_toml_text(values)


def to_json(values: Mapping[str, Any]) -> str:
    """Return plain values as a JSON text."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def from_text(text: str) -> dict[str, Any]:
    """Return the values that a text in TOML or JSON holds.

    Raises:
        ConfigurationError: it is neither; the message names the place, not the content.
    """
    text = text.removeprefix("\ufeff")
    return _from_json(text) if text.lstrip().startswith("{") else _from_toml(text)


def from_json_text(text: str) -> dict[str, Any]:
    """Return the values that a text in JSON holds.

    Raises:
        ConfigurationError: it isn't a JSON object; the message names the place, not the content.
    """
    values = _from_json(text.removeprefix("\ufeff")) if text.strip() else {}
    if not isinstance(values, dict):
        raise ConfigurationError("The configuration isn't an object; it must start with “{”.")
    return values


def _from_json(text: str) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        place = f" ({error.msg}, line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError(say("The configuration isn't valid JSON%(place)s.", place=place)) from None
    return values


def _from_toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = f": {error}" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise ConfigurationError(say("The configuration isn't valid TOML%(place)s.", place=place)) from None
