"""Prints JSON."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime

import click


def print_json(value: object, *, compact: bool = False) -> None:
    """Print a value as JSON, on one line if `compact`; dataclasses are objects."""
    click.echo(json.dumps(value, indent=None if compact else 2, ensure_ascii=False, default=_plain))


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return value.isoformat() if isinstance(value, datetime) else str(value)
