"""The fields of typed rows have the types of their columns, so that what the type checker believes is true."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

from sqlalchemy import Column, Table

import mailchimpsync.store
from mailchimpsync.store.schema import JsonText, UtcDateTime


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(mailchimpsync.store.__path__, "mailchimpsync.store."):
        if ".migrations" not in found.name:
            yield importlib.import_module(found.name)


def _selections(module: ModuleType) -> Iterator[tuple[type, list[Any], set[str | None]]]:
    """Yield each call of `select_as` in a module: the row type, the tables, and the fields given as expressions."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "select_as":
            row, *tables = [getattr(module, one.id, None) for one in call.args if isinstance(one, ast.Name)]
            if row is not None:
                yield row, tables, {one.arg for one in call.keywords}


def _fields() -> Iterator[tuple[str, Any, Column[Any], bool]]:
    """Yield the fields that come from a column: name, type, column, and whether its table may have no row."""
    for module in _modules():
        for row, tables, given in _selections(module):
            for name, hint in get_type_hints(row).items():
                table = next((one for one in tables if isinstance(one, Table) and name in one.c), None)
                if table is not None and name not in given:
                    yield f"{module.__name__}.{row.__name__}.{name}", hint, table.c[name], table is not tables[0]


def _is_right(hint: Any, column: Column[Any], *, is_joined: bool) -> bool:
    kinds = set(get_args(hint)) if type(None) in get_args(hint) else {hint}
    if type(None) in kinds and not (column.nullable or is_joined):
        return False
    if isinstance(column.type, JsonText):
        return True
    return kinds - {type(None)} == {datetime if isinstance(column.type, UtcDateTime) else column.type.python_type}


def test_the_fields_of_rows_have_the_types_of_their_columns() -> None:
    fields = list(_fields())
    wrong = [name for name, hint, column, is_joined in fields if not _is_right(hint, column, is_joined=is_joined)]
    assert (wrong, len(fields) > 300) == ([], True)
