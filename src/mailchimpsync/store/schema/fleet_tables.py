"""The tables that the sites of a fleet share, in a schema of their own (docs/decisions/sites.md)."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String, Table, Text

from mailchimpsync.store.schema.site_tables import connection_slot
from mailchimpsync.store.schema.types import UtcDateTime, metadata

TITLE_LENGTH_MAX = 200

fleet_metadata = MetaData(naming_convention=metadata.naming_convention)

fleet = Table(
    "fleet",
    fleet_metadata,
    Column("id", String(8), primary_key=True),  # by chance; part of the names of roles, which all databases share
    Column("created_at", UtcDateTime, nullable=False),
)

fleet_site = Table(
    "site",
    fleet_metadata,
    Column("name", String(40), primary_key=True),
    Column("title", String(TITLE_LENGTH_MAX), nullable=False),
    Column("role", String(63), nullable=False),
    Column("host", String(255), unique=True),  # the host name at which it is reached; null: by its name in the path
    Column("secret_keys", Text, nullable=False),  # its secret keys, newest first, encrypted with the master key
    Column("schema_number", String(8), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),  # since when nothing is done for it; null: it is in use
)

queue_migration = Table(  # those of procrastinate that the tables of the queue have had
    "queue_migration",
    fleet_metadata,
    Column("name", String(200), primary_key=True),
)

connection_slot.to_metadata(fleet_metadata)  # charities may use one account, so its slots are shared
