"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
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
        "civicrm_mailchimpsync_batch",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("mailchimp_list_id", sa.String(length=32), nullable=False),
        sa.Column("mailchimp_batch_id", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=True),
        sa.Column("created_date", UTC_DATETIME, nullable=False),
        sa.Column("submitted_at", UTC_DATETIME, nullable=True),
        sa.Column("completed_at", UTC_DATETIME, nullable=True),
        sa.Column("finished_operations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("errored_operations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_operations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("response_processed", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_batch")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_mcs_batch_open", "civicrm_mailchimpsync_batch", ["mailchimp_list_id", "response_processed"], unique=False
    )

    op.create_table(
        "civicrm_mailchimpsync_cache",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("mailchimp_list_id", sa.String(length=32), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("mailchimp_member_id", sa.String(length=32), nullable=True),
        sa.Column("mailchimp_contact_id", sa.String(length=32), nullable=True),
        sa.Column("mailchimp_email", sa.String(length=255), nullable=True),
        sa.Column("mailchimp_status", sa.String(length=20), nullable=True),
        sa.Column("mailchimp_status_date", UTC_DATETIME, nullable=True),
        sa.Column("mailchimp_updated", UTC_DATETIME, nullable=True),
        sa.Column("mailchimp_data", JSON_TEXT, nullable=True),
        sa.Column("mailchimp_interests", JSON_TEXT, nullable=True),
        sa.Column("civicrm_data", JSON_TEXT, nullable=True),
        sa.Column("civicrm_groups", sa.Text(), nullable=True),
        sa.Column("civicrm_contact_id", sa.BigInteger(), nullable=True),
        sa.Column("departed_contact_id", sa.BigInteger(), nullable=True),
        sa.Column("sync_status", sa.String(length=10), server_default="todo", nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("reason_detail", sa.String(length=500), nullable=True),
        sa.Column("base_subscribed", sa.Boolean(), nullable=True),
        sa.Column("base_interests", JSON_TEXT, nullable=True),
        sa.Column("refusal", JSON_TEXT, nullable=True),
        sa.Column("recheck", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("seen_run", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_cache")),
        sa.UniqueConstraint(
            "mailchimp_list_id", "identity", name=op.f("uq_civicrm_mailchimpsync_cache_mailchimp_list_id_identity")
        ),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_mcs_cache_contact", "civicrm_mailchimpsync_cache", ["mailchimp_list_id", "civicrm_contact_id"], unique=False
    )
    op.create_index(
        "ix_mcs_cache_mailchimp_contact",
        "civicrm_mailchimpsync_cache",
        ["mailchimp_list_id", "mailchimp_contact_id"],
        unique=False,
    )
    op.create_index(
        "ix_mcs_cache_sync_status",
        "civicrm_mailchimpsync_cache",
        ["mailchimp_list_id", "sync_status", "id"],
        unique=False,
    )

    op.create_table(
        "civicrm_mailchimpsync_configuration",
        sa.Column("version", ROW_ID, nullable=False),
        sa.Column("saved_at", UTC_DATETIME, nullable=False),
        sa.Column("saved_by", sa.String(length=100), nullable=False),
        sa.Column("document", JSON_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_civicrm_mailchimpsync_configuration")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "civicrm_mailchimpsync_group_contact",
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=True),
        sa.Column("date", UTC_DATETIME, nullable=True),
        sa.Column("history_id", sa.BigInteger(), nullable=True),
        sa.Column("ours", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("seen_run", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "list_id", "contact_id", "group_id", name=op.f("pk_civicrm_mailchimpsync_group_contact")
        ),
        **TABLE_OPTIONS,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_mcs_group_contact_seen", "civicrm_mailchimpsync_group_contact", ["list_id", "seen_run"], unique=False
    )

    op.create_table(
        "civicrm_mailchimpsync_journal",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("cache_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("time", UTC_DATETIME, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("old", sa.String(length=255), nullable=True),
        sa.Column("new", sa.String(length=255), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_journal")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_journal_row", "civicrm_mailchimpsync_journal", ["list_id", "cache_id"], unique=False)
    op.create_index("ix_mcs_journal_run", "civicrm_mailchimpsync_journal", ["run_id"], unique=False)

    op.create_table(
        "civicrm_mailchimpsync_log",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("time", UTC_DATETIME, nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_log")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_log_run", "civicrm_mailchimpsync_log", ["list_id", "run_id", "id"], unique=False)

    op.create_table(
        "civicrm_mailchimpsync_run",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("started_at", UTC_DATETIME, nullable=False),
        sa.Column("since", UTC_DATETIME, nullable=True),
        sa.Column("links", JSON_TEXT, nullable=True),
        sa.Column("finished_at", UTC_DATETIME, nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.Column("counts", JSON_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_run")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_run_list", "civicrm_mailchimpsync_run", ["list_id", "id"], unique=False)

    op.create_table(
        "civicrm_mailchimpsync_status",
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("last_sync_time", UTC_DATETIME, nullable=True),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("progress", JSON_TEXT, nullable=True),
        sa.Column("links", JSON_TEXT, nullable=True),
        sa.Column("lease_owner", sa.String(length=100), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_expires", UTC_DATETIME, nullable=True),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_civicrm_mailchimpsync_status")),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "civicrm_mailchimpsync_plan",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("cache_id", sa.BigInteger(), nullable=False),
        sa.Column("create_contact", sa.Boolean(), nullable=False),
        sa.Column("group_changes", JSON_TEXT, nullable=False),
        sa.Column("member_update", JSON_TEXT, nullable=True),
        sa.Column("sync_status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("agreed", JSON_TEXT, nullable=False),
        sa.Column("applied", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["cache_id"],
            ["civicrm_mailchimpsync_cache.id"],
            name=op.f("fk_civicrm_mailchimpsync_plan_cache_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_plan")),
        sa.UniqueConstraint("run_id", "cache_id", name=op.f("uq_civicrm_mailchimpsync_plan_run_id_cache_id")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_plan_open", "civicrm_mailchimpsync_plan", ["run_id", "applied", "id"], unique=False)
    op.create_index("ix_mcs_plan_row", "civicrm_mailchimpsync_plan", ["cache_id"], unique=False)

    op.create_table(
        "civicrm_mailchimpsync_update",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("mailchimpsync_cache_id", sa.BigInteger(), nullable=False),
        sa.Column("mailchimpsync_batch_id", sa.BigInteger(), nullable=True),
        sa.Column("data", JSON_TEXT, nullable=False),
        sa.Column("completed", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("error_response", sa.Text(), nullable=True),
        sa.Column("created_date", UTC_DATETIME, nullable=False),
        sa.Column("open_row", sa.BigInteger(), nullable=True),
        sa.Column("attempt", JSON_TEXT, nullable=True),
        sa.Column("agreed", JSON_TEXT, nullable=True),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailchimpsync_batch_id"],
            ["civicrm_mailchimpsync_batch.id"],
            name=op.f("fk_civicrm_mailchimpsync_update_mailchimpsync_batch_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mailchimpsync_cache_id"],
            ["civicrm_mailchimpsync_cache.id"],
            name=op.f("fk_civicrm_mailchimpsync_update_mailchimpsync_cache_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_update")),
        sa.UniqueConstraint("open_row", name=op.f("uq_civicrm_mailchimpsync_update_open_row")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_update_batch", "civicrm_mailchimpsync_update", ["mailchimpsync_batch_id"], unique=False)
    op.create_index(
        "ix_mcs_update_open", "civicrm_mailchimpsync_update", ["completed", "mailchimpsync_batch_id"], unique=False
    )
    op.create_index("ix_mcs_update_row", "civicrm_mailchimpsync_update", ["mailchimpsync_cache_id"], unique=False)


def downgrade() -> None:

    op.drop_table("civicrm_mailchimpsync_update")

    op.drop_table("civicrm_mailchimpsync_plan")
    op.drop_table("civicrm_mailchimpsync_status")

    op.drop_table("civicrm_mailchimpsync_run")

    op.drop_table("civicrm_mailchimpsync_log")

    op.drop_table("civicrm_mailchimpsync_journal")

    op.drop_table("civicrm_mailchimpsync_group_contact")
    op.drop_table("civicrm_mailchimpsync_configuration")

    op.drop_table("civicrm_mailchimpsync_cache")

    op.drop_table("civicrm_mailchimpsync_batch")
