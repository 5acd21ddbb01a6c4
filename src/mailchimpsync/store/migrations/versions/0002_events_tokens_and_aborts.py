"""Events from webhooks, tokens for access over HTTP, and asking a run to stop."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE_OPTIONS: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    op.create_table(
        "civicrm_mailchimpsync_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("member_key", sa.String(length=32), nullable=True),
        sa.Column("other_key", sa.String(length=32), nullable=True),
        sa.Column("data", JSON_TEXT, nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("fired_at", UTC_DATETIME, nullable=True),
        sa.Column("received_at", UTC_DATETIME, nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UTC_DATETIME, nullable=False),
        sa.Column("finished_at", UTC_DATETIME, nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_event")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_civicrm_mailchimpsync_event_fingerprint")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_event_waiting", "civicrm_mailchimpsync_event", ["state", "list_id", "id"])
    op.create_index("ix_mcs_event_finished", "civicrm_mailchimpsync_event", ["state", "finished_at"])
    op.create_table(
        "civicrm_mailchimpsync_token",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("created_at", UTC_DATETIME, nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("expires_at", UTC_DATETIME, nullable=True),
        sa.Column("revoked_at", UTC_DATETIME, nullable=True),
        sa.Column("last_used_at", UTC_DATETIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_civicrm_mailchimpsync_token_token_hash")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.add_column("civicrm_mailchimpsync_status", sa.Column("abort_requested", UTC_DATETIME, nullable=True))
    op.add_column(
        "civicrm_mailchimpsync_run", sa.Column("kind", sa.String(length=10), server_default="run", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("civicrm_mailchimpsync_run", "kind")
    op.drop_column("civicrm_mailchimpsync_status", "abort_requested")
    op.drop_table("civicrm_mailchimpsync_token")
    op.drop_table("civicrm_mailchimpsync_event")
