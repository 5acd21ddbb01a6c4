"""Imported campaigns."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
)

from mailchimpsync.store.schema.types import ID, JsonText, LongText, UtcDateTime, table

campaign = table(
    "campaign",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("campaign_id", String(32), nullable=False),  # Mailchimp's
    Column("subject", String(255), nullable=False),
    Column("details", LongText),  # of its activities, as HTML
    Column("sent_at", UtcDateTime, nullable=False),
    Column("activity_id", BigInteger),
    Column("opened_activity_id", BigInteger),
    Column("clicked_activity_id", BigInteger),
    Column("progress", JsonText),  # position in the report being read
    Column("recipients", Integer),  # null: they have not all been read
    Column("unknown", Integer, nullable=False, server_default="0"),  # of which without a contact
    Column("opened", Integer),
    Column("clicked", Integer),
    Column("acts_read_at", UtcDateTime),
    Column("closed_at", UtcDateTime),  # its activity was permanently deleted
    Column("code", String(32)),  # why the last attempt failed
    UniqueConstraint("list_id", "campaign_id"),
)

campaign_recipient = table(  # recipients without a contact, who may get one
    "campaign_recipient",
    Column("id", ID, primary_key=True),
    Column("campaign_key", BigInteger, ForeignKey(campaign.c.id, ondelete="CASCADE"), nullable=False),
    Column("member_id", String(32), nullable=False),
    UniqueConstraint("campaign_key", "member_id"),
)

campaign_import = table(
    "campaign_import",
    Column("id", ID, primary_key=True),
    Column("list_id", String(32), nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("outcome", String(32)),
    Column("complete_at", UtcDateTime),  # when the newest complete one started
    UniqueConstraint("list_id"),
)
