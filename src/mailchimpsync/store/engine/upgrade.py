"""Brings the tables up to this version; imported only when needed, because Alembic is slow to load."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, migrations: Path, versions: Path) -> None:
    """Carry out the migrations of the directory `versions` that the tables haven't had yet."""
    configuration = Config()
    configuration.set_main_option("script_location", str(migrations))
    configuration.set_main_option("version_locations", str(versions))
    configuration.set_main_option("path_separator", "newline")
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
