"""Django's tables in the schema of a site of a fleet: created at once, without going through each migration.

A test proves that these are the tables that the migrations lead to. `configure` has to be called first.
"""

from __future__ import annotations

from functools import cache as once

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from sqlalchemy import inspect, text

from mailchimpsync.store import Database, Transaction
from mailchimpsync.web.served import serving
from mailchimpsync.web.settings import migrate_tables

_MADE = "django_migrations"


def create_tables(tx: Transaction) -> None:
    """Create Django's tables in the transaction's schema, as they are now."""
    tx.exec_driver_sql(_creation(), execution_options={"no_parameters": True})
    made = text(f"INSERT INTO {_MADE} (app, name, applied) VALUES (:app, :name, now())")  # noqa: S608 (our own name)
    tx.execute(made, [{"app": app, "name": name} for app, name in _all_migrations()])


def bring_up(store: Database) -> None:
    """Create Django's tables for a site, or migrate them, unless they are the newest."""
    with store.begin() as tx:
        if not inspect(tx).has_table(_MADE):
            create_tables(tx)
        is_newest = _are_newest(tx)
    if not is_newest:
        with serving(store.namespace):
            migrate_tables()
            connection.close()


def _are_newest(tx: Transaction) -> bool:
    rows = tx.execute(text(f"SELECT app, name FROM {_MADE}"))  # noqa: S608 (our own name)
    return set(_all_migrations()) <= {(row.app, row.name) for row in rows}


@once
def _all_migrations() -> tuple[tuple[str, str], ...]:
    return tuple(sorted(MigrationLoader(None).graph.nodes))


@once
def _creation() -> str:
    """Return the statements that create the tables, as one text."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        models: list[type[Model]] = [*apps.get_models(), MigrationRecorder.Migration]
        for model in models:
            if model._meta.managed and not model._meta.proxy:  # noqa: SLF001 (likewise)
                editor.create_model(model)
    return "\n".join(editor.collected_sql)
