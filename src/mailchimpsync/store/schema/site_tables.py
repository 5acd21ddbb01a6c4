"""A site's secrets, configuration, webhook events, tokens, alerts, and connections to Mailchimp in use."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)

from mailchimpsync.store.schema.types import ID, JsonText, UtcDateTime, table

secret = table(
    "secret",
    Column("name", String(40), primary_key=True),
    Column("token", Text, nullable=False),  # encrypted with the site's secret key
    sqlite_autoincrement=False,
)

site = table(
    "site",
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
    sqlite_autoincrement=False,
)

connection_slot = table(  # one of the 10 requests that Mailchimp handles at the same time for an account
    "connection_slot",
    Column("account", String(64), primary_key=True),  # a digest of its API key and address
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("token", String(32)),  # the client that holds it; null: nobody
    Column("owner", String(100)),  # the client's process
    Column("expires", UtcDateTime),
    Column("next_token", String(32)),  # the client that it is to be given to next
    Column("next_expires", UtcDateTime),
    sqlite_autoincrement=False,
)

configuration = table(
    "configuration",
    Column("version", ID, primary_key=True),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("saved_by", String(100), nullable=False),
    Column("document", JsonText, nullable=False),
)

known_name = table(  # of groups, interests and accounts, as last read
    "known_name",
    Column("kind", String(10), primary_key=True),
    Column("key", String(64), primary_key=True),  # a group's number, an interest's id, an account's name here
    Column("name", String(255), nullable=False),
    Column("category", String(255)),
    Column("read_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=False,
)

event = table(
    "event",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("member_key", String(32)),  # MD5 of the address it is about: events of one person are handled in order
    Column("other_key", String(32)),  # likewise of the new address, where it changed
    Column("data", JsonText),  # the data needed from the call; null once processed
    Column("fingerprint", String(64), nullable=False),
    Column("fired_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("outcome", String(32)),
    Column("note", String(500)),
    Column("run_id", BigInteger),  # the run of kind `members` that handled it
    UniqueConstraint("fingerprint"),
    Index("ix_mcs_event_waiting", "state", "list_id", "id"),
    Index("ix_mcs_event_finished", "state", "finished_at"),
)

token = table(
    "token",
    Column("id", ID, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("scope", String(10), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    UniqueConstraint("token_hash"),
)

alert = table(
    "alert",
    Column("id", ID, primary_key=True),
    Column("problem", String(200), nullable=False),  # its unique key, such as `held:a1b2c3d4e5`
    # the problem while it lasts, else null: two services record it once
    Column("open_problem", String(200), unique=True),
    Column("kind", String(20), nullable=False),
    Column("list_id", String(32)),
    Column("code", String(32)),
    Column("data", JsonText, nullable=False),  # numbers and names of connections, never of people
    Column("began_at", UtcDateTime, nullable=False),
    Column("tell_at", UtcDateTime),  # when to report it next; null: never
    Column("told", Integer, nullable=False, server_default="0"),
    Column("told_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", String(100)),
    Column("recovered_at", UtcDateTime),
    Index("ix_mcs_alert_recovered", "recovered_at"),
)

alert_message = table(
    "alert_message",
    Column("id", ID, primary_key=True),
    Column("fingerprint", String(200), nullable=False),  # content and channel: nothing is sent twice
    Column("channel", String(10), nullable=False),
    Column("content", JsonText, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("note", String(100)),  # the result of the last attempt
    UniqueConstraint("fingerprint"),
    Index("ix_mcs_alert_message_due", "state", "due_at"),
)
