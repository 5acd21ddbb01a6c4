"""Plans that are kept to be looked at, held, approved and carried out."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
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
        "civicrm_mailchimpsync_kept_plan",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("made_at", UTC_DATETIME, nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("expires_at", UTC_DATETIME, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("links", JSON_TEXT, nullable=False),
        sa.Column("counts", JSON_TEXT, nullable=False),
        sa.Column("excess", JSON_TEXT, nullable=False),
        sa.Column("billable", JSON_TEXT, nullable=True),
        sa.Column("failures", JSON_TEXT, nullable=True),
        sa.Column("decided_at", UTC_DATETIME, nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("applied_run_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_kept_plan")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_kept_plan_state", "civicrm_mailchimpsync_kept_plan", ["list_id", "state", "id"])
    op.create_table(
        "civicrm_mailchimpsync_kept_change",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=255), nullable=True),
        sa.Column("before", JSON_TEXT, nullable=False),
        sa.Column("create_contact", sa.Boolean(), nullable=False),
        sa.Column("group_changes", JSON_TEXT, nullable=False),
        sa.Column("member_update", JSON_TEXT, nullable=True),
        sa.Column("sync_status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("agreed", JSON_TEXT, nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["civicrm_mailchimpsync_kept_plan.id"],
            name=op.f("fk_civicrm_mailchimpsync_kept_change_plan_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_kept_change")),
        sa.UniqueConstraint("plan_id", "identity", name=op.f("uq_civicrm_mailchimpsync_kept_change_plan_id_identity")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    _create_verification()
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("mailchimp_opted_in", UTC_DATETIME, nullable=True))
    op.add_column("civicrm_mailchimpsync_run", sa.Column("kept_plan_id", sa.BigInteger(), nullable=True))


def _create_verification() -> None:
    op.create_table(
        "civicrm_mailchimpsync_verification",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("started_at", UTC_DATETIME, nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("finished_at", UTC_DATETIME, nullable=True),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("subscribed", sa.Integer(), nullable=True),
        sa.Column("in_group", sa.Integer(), nullable=True),
        sa.Column("explained", sa.Integer(), nullable=True),
        sa.Column("unexplained", sa.Integer(), nullable=True),
        sa.Column("counts", JSON_TEXT, nullable=True),
        sa.Column("differences", JSON_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_verification")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_verification_list", "civicrm_mailchimpsync_verification", ["list_id", "id"])


def downgrade() -> None:
    op.drop_column("civicrm_mailchimpsync_run", "kept_plan_id")
    op.drop_column("civicrm_mailchimpsync_cache", "mailchimp_opted_in")
    op.drop_table("civicrm_mailchimpsync_verification")
    op.drop_table("civicrm_mailchimpsync_kept_change")
    op.drop_table("civicrm_mailchimpsync_kept_plan")
