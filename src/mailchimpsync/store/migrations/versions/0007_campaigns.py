"""Campaigns that become activities."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE_OPTIONS: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    op.create_table(
        "civicrm_mailchimpsync_campaign",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("details", LONG_TEXT, nullable=True),
        sa.Column("sent_at", UTC_DATETIME, nullable=False),
        sa.Column("activity_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_activity_id", sa.BigInteger(), nullable=True),
        sa.Column("clicked_activity_id", sa.BigInteger(), nullable=True),
        sa.Column("progress", LONG_TEXT, nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=True),
        sa.Column("unknown", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened", sa.Integer(), nullable=True),
        sa.Column("clicked", sa.Integer(), nullable=True),
        sa.Column("acts_read_at", UTC_DATETIME, nullable=True),
        sa.Column("closed_at", UTC_DATETIME, nullable=True),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_campaign")),
        sa.UniqueConstraint(
            "list_id", "campaign_id", name=op.f("uq_civicrm_mailchimpsync_campaign_list_id_campaign_id")
        ),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "civicrm_mailchimpsync_campaign_recipient",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("campaign_key", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_key"],
            ["civicrm_mailchimpsync_campaign.id"],
            name=op.f("fk_civicrm_mailchimpsync_campaign_recipient_campaign_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_campaign_recipient")),
        sa.UniqueConstraint(
            "campaign_key", "member_id", name=op.f("uq_civicrm_mailchimpsync_campaign_recipient_campaign_key_member_id")
        ),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "civicrm_mailchimpsync_campaign_import",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("begun_at", UTC_DATETIME, nullable=False),
        sa.Column("ended_at", UTC_DATETIME, nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("complete_at", UTC_DATETIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_campaign_import")),
        sa.UniqueConstraint("list_id", name=op.f("uq_civicrm_mailchimpsync_campaign_import_list_id")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("civicrm_mailchimpsync_campaign_import")
    op.drop_table("civicrm_mailchimpsync_campaign_recipient")
    op.drop_table("civicrm_mailchimpsync_campaign")
