"""Brings the tables up to this version; imported only when needed, because Alembic is slow to load."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, migrations: Path) -> None:
    """Carry out the migrations that the database hasn't had yet."""
    configuration = Config()
    configuration.set_main_option("script_location", str(migrations))
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
