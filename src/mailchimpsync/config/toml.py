"""Writes TOML for people to read and edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomlkit

_HEAD = (
    "The configuration of mailchimpsync. Edit it, then run `mailchimpsync config import FILE`.",
    "A key shown as … keeps its stored value; a plain key is encrypted when it is imported.",
)


def to_toml_text(values: Mapping[str, Any]) -> str:
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
