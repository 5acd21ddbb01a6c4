"""The journal and what erasures leave behind."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    String,
)

from mailchimpsync.store.schema.types import ID, UtcDateTime, table

journal = table(
    "journal",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("cache_id", BigInteger, nullable=False),  # no foreign key: entries outlive the row
    Column("contact_id", BigInteger),
    Column("member_id", String(32)),
    Column("time", UtcDateTime, nullable=False),
    Column("run_id", BigInteger),
    Column("side", String(10), nullable=False),
    Column("field", String(64), nullable=False),
    Column("old", String(255)),
    Column("new", String(255)),
    Column("reason", String(32), nullable=False),
    Column("actor", String(100)),  # `run`, `webhook`, or the person who approved the plan or started the run
    Column("answer", String(100)),  # the other system's response: its status, and the code of a refusal
    Column("number", BigInteger),  # in the audience's chain, from 1; null: from before there was a chain
    Column("commitment", String(64)),  # SHA-256 of the salt and the personal values
    Column("salt", String(64)),  # once the personal values are minimised: their seal
    Column("minimised_at", UtcDateTime),
    Column("hash", String(64)),  # SHA-256 of the entry before and of this one
    Index("ix_mcs_journal_number", "list_id", "number", unique=True),
    Index("ix_mcs_journal_row", "list_id", "cache_id"),
    Index("ix_mcs_journal_run", "run_id"),
    Index("ix_mcs_journal_contact", "contact_id"),
    Index("ix_mcs_journal_member", "member_id"),
)

journal_chain = table(
    "journal_chain",
    Column("list_id", String(32), primary_key=True),
    Column("unchained_to", BigInteger, nullable=False),  # the newest entry from before there was a chain
    Column("before_first", BigInteger, nullable=False),  # how many entries were deleted for their age
    Column("before_first_hash", String(64), nullable=False),  # the hash of the last of them
    Column("newest", BigInteger, nullable=False),
    Column("newest_hash", String(64), nullable=False),
    Column("minimised_to", BigInteger, nullable=False),
    sqlite_autoincrement=False,
)

tombstone = table(
    "tombstone",
    Column("digest", String(64), primary_key=True),  # keyed, of an erased address
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(100), nullable=False),
    sqlite_autoincrement=False,
)
