"""The tables that the sites of a fleet share, in a schema of their own (docs/decisions/sites.md)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, MetaData, String, Table, Text

from mailchimpsync.store.schema.site_tables import connection_slot, token
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

site_figures = Table(  # what is known of a site without opening it; its workers note it every few minutes
    "site_figures",
    fleet_metadata,
    Column("site", String(40), ForeignKey("site.name", ondelete="CASCADE"), primary_key=True),
    Column("level", String(16), nullable=False),
    Column("states", Text, nullable=False),  # the states of its connections by audience, as JSON
    Column("checked_at", UtcDateTime),  # when all connections had last been looked at with success
    Column("held", Integer, nullable=False),
    Column("due", Integer, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("problem", Text),  # why it can't be opened
    Column("code", String(40)),
    Column("version", String(32), nullable=False),  # the program's that has noted this
    Column("noted_at", UtcDateTime, nullable=False),
)

operation = Table(  # what the fleet's operators did
    "operation",
    fleet_metadata,
    Column("id", BigInteger, primary_key=True),
    Column("what", String(16), nullable=False),
    Column("by", String(100), nullable=False),
    Column("reason", Text),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

operation_site = Table(  # to which sites; they may have been removed since
    "operation_site",
    fleet_metadata,
    Column("operation", BigInteger, ForeignKey("operation.id", ondelete="CASCADE"), primary_key=True),
    Column("site", String(40), primary_key=True),
    Column("outcome", Text),  # null: not done yet
    Column("has_failed", Boolean, nullable=False),
)

sign_in_link = Table(  # by which an operator opens a site, once
    "sign_in_link",
    fleet_metadata,
    Column("digest", String(64), primary_key=True),
    Column("site", String(40), nullable=False),
    Column("by", String(100), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

token.to_metadata(fleet_metadata)  # for monitoring; a site's tokens are in its own schema
connection_slot.to_metadata(fleet_metadata)  # charities may use one account, so its slots are shared
