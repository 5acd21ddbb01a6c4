"""The store of a site, and its migrations."""

from __future__ import annotations

from functools import cache as once
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from mailchimpsync.errors import Code, StoreError
from mailchimpsync.messages import say
from mailchimpsync.store.engine import dialect
from mailchimpsync.store.engine.transactions import Database, connected
from mailchimpsync.store.schema import cache, group_contact

MIGRATIONS = Path(__file__).parents[1] / "migrations"
VERSIONS = MIGRATIONS / "versions"
VERSION_TABLE = "alembic_version"


class Store(Database):
    """The database of one site. Safe to share between threads; every use is its own transaction."""

    def __init__(self, url: str, *, is_temporary: bool = False) -> None:
        """Take a URL such as `sqlite:///file.sqlite`, `postgresql://user@host/name` or `mariadb://user@host/name`.

        `is_temporary`: it is in the temporary directory, so that errors name that disk as full.
        """
        super().__init__(connected(dialect.connect, url), is_temporary=is_temporary)

    def refresh_statistics(self, *, everything_was_read: bool = False) -> None:
        """Let the database know of tables that have changed much, so that it doesn't choose slow ways to search them.

        `everything_was_read`: rows of the cache and of groups were rewritten, though the tables needn't have grown.
        """
        if dialect.counts_late(self._engine):
            with self.begin() as connection:
                dialect.refresh_statistics(connection, *((cache, group_contact) if everything_was_read else ()))

    def migrate(self) -> None:
        """Create the tables, or bring them up to this version."""
        from mailchimpsync.store.engine.upgrade import upgrade  # noqa: PLC0415 (Alembic is slow to load)

        with self.begin() as connection:
            upgrade(connection, MIGRATIONS, VERSIONS)

    def check_integrity(self) -> None:
        """Check that the database's own file is intact; this reads all of it.

        Raises:
            StoreError: `STORE_DAMAGED`.
        """
        with self.begin() as connection:
            if (wrong := dialect.check_integrity(connection)) is not None:
                raise StoreError(Code.STORE_DAMAGED, "The database file is damaged.", detail=wrong)

    def check_schema(self) -> None:
        """Check that the tables are those of this version.

        Raises:
            StoreError: they aren't, so `migrate` has to be called first.
        """
        with self.begin() as connection:
            check_schema(connection)


def check_schema(connection: Connection, versions: Path = VERSIONS) -> None:
    """Check that tables are those that the migrations of a directory lead to.

    Raises:
        StoreError: `STORE_OLD`.
    """
    found, wanted = schema_of(connection), newest_schema(versions)
    if found != wanted:
        what = say(
            "The database has schema %(found)s, this program needs %(wanted)s.", found=found or "none", wanted=wanted
        )
        raise StoreError(Code.STORE_OLD, what)


def schema_of(connection: Connection) -> str | None:
    """Return the schema that Alembic has recorded, without loading Alembic: every command needs it."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 (our own name)
    return found


@once
def newest_schema(versions: Path = VERSIONS) -> str:
    """Return this version's schema: the number at the start of the last migration's name."""
    return max(file.name.partition("_")[0] for file in versions.glob("[0-9]*.py"))
