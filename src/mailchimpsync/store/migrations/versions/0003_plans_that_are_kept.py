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
JOURNAL_COLUMNS: dict[str, Any] = {
    "actor": sa.String(length=100),
    "answer": sa.String(length=100),
    "number": sa.BigInteger(),
    "commitment": sa.String(length=64),
    "salt": sa.String(length=64),
    "minimised_at": UTC_DATETIME,
    "hash": sa.String(length=64),
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
    _create_alerts()
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("mailchimp_opted_in", UTC_DATETIME, nullable=True))
    op.add_column("civicrm_mailchimpsync_run", sa.Column("kept_plan_id", sa.BigInteger(), nullable=True))
    op.add_column("civicrm_mailchimpsync_run", sa.Column("begun_by", sa.String(length=100), nullable=True))
    accepts: sa.Column[bool] = sa.Column("accepts_empty", sa.Boolean(), server_default="0", nullable=False)
    op.add_column("civicrm_mailchimpsync_run", accepts)
    op.add_column("civicrm_mailchimpsync_status", sa.Column("seen", JSON_TEXT, nullable=True))
    _chain_the_journal()


def _chain_the_journal() -> None:
    """Entries that are there already come before the chain."""
    journal = "civicrm_mailchimpsync_journal"
    op.create_table(
        "civicrm_mailchimpsync_journal_chain",
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("unchained_to", sa.BigInteger(), nullable=False),
        sa.Column("before_first", sa.BigInteger(), nullable=False),
        sa.Column("before_first_hash", sa.String(length=64), nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("newest_hash", sa.String(length=64), nullable=False),
        sa.Column("minimised_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_civicrm_mailchimpsync_journal_chain")),
        **TABLE_OPTIONS,
    )
    op.execute(
        "INSERT INTO civicrm_mailchimpsync_journal_chain (list_id, unchained_to, before_first, before_first_hash, "
        "newest, newest_hash, minimised_to) SELECT list_id, MAX(id), 0, '', 0, '', 0 "
        "FROM civicrm_mailchimpsync_journal "
        "WHERE list_id NOT IN (SELECT list_id FROM civicrm_mailchimpsync_journal_chain) GROUP BY list_id"
    )
    for name, kind in JOURNAL_COLUMNS.items():
        op.add_column(journal, sa.Column(name, kind, nullable=True))
    op.create_index("ix_mcs_journal_number", journal, ["list_id", "number"], unique=True)
    op.create_index("ix_mcs_journal_contact", journal, ["contact_id"])
    op.create_index("ix_mcs_journal_member", journal, ["member_id"])


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


def _create_alerts() -> None:
    op.create_table(
        "civicrm_mailchimpsync_alert",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.Column("open_problem", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=True),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.Column("data", JSON_TEXT, nullable=False),
        sa.Column("began_at", UTC_DATETIME, nullable=False),
        sa.Column("tell_at", UTC_DATETIME, nullable=True),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_at", UTC_DATETIME, nullable=True),
        sa.Column("acknowledged_at", UTC_DATETIME, nullable=True),
        sa.Column("acknowledged_by", sa.String(length=100), nullable=True),
        sa.Column("recovered_at", UTC_DATETIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_alert")),
        sa.UniqueConstraint("open_problem", name=op.f("uq_civicrm_mailchimpsync_alert_open_problem")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_alert_recovered", "civicrm_mailchimpsync_alert", ["recovered_at"])
    op.create_table(
        "civicrm_mailchimpsync_alert_message",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("content", JSON_TEXT, nullable=False),
        sa.Column("made_at", UTC_DATETIME, nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UTC_DATETIME, nullable=False),
        sa.Column("finished_at", UTC_DATETIME, nullable=True),
        sa.Column("note", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_alert_message")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_civicrm_mailchimpsync_alert_message_fingerprint")),
        **TABLE_OPTIONS,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mcs_alert_message_due", "civicrm_mailchimpsync_alert_message", ["state", "due_at"])


def downgrade() -> None:
    for name in ("member", "contact", "number"):
        op.drop_index(f"ix_mcs_journal_{name}", "civicrm_mailchimpsync_journal")
    for name in JOURNAL_COLUMNS:
        op.drop_column("civicrm_mailchimpsync_journal", name)
    op.drop_table("civicrm_mailchimpsync_journal_chain")
    op.drop_column("civicrm_mailchimpsync_status", "seen")
    op.drop_column("civicrm_mailchimpsync_run", "accepts_empty")
    op.drop_column("civicrm_mailchimpsync_run", "begun_by")
    op.drop_column("civicrm_mailchimpsync_run", "kept_plan_id")
    op.drop_column("civicrm_mailchimpsync_cache", "mailchimp_opted_in")
    op.drop_table("civicrm_mailchimpsync_alert_message")
    op.drop_table("civicrm_mailchimpsync_alert")
    op.drop_table("civicrm_mailchimpsync_verification")
    op.drop_table("civicrm_mailchimpsync_kept_change")
    op.drop_table("civicrm_mailchimpsync_kept_plan")
