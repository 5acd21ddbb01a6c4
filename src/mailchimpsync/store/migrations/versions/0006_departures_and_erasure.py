"""Trust in one side, departures and changed addresses in CiviCRM, and erasure."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE_OPTIONS: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("marks", sa.String(length=80), nullable=True))
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("departure", sa.String(length=20), nullable=True))
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("inherited", sa.String(length=80), nullable=True))
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("inherited_at", UTC_DATETIME, nullable=True))
    for name in ("civicrm_address", "new_address"):
        op.add_column("civicrm_mailchimpsync_cache", sa.Column(name, sa.String(length=255), nullable=True))
    op.add_column("civicrm_mailchimpsync_status", sa.Column("trust", JSON_TEXT, nullable=True))
    op.create_table(
        "civicrm_mailchimpsync_tombstone",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", UTC_DATETIME, nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_civicrm_mailchimpsync_tombstone")),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "civicrm_mailchimpsync_secret",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_civicrm_mailchimpsync_secret")),
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("civicrm_mailchimpsync_secret")
    op.drop_table("civicrm_mailchimpsync_tombstone")
    op.drop_column("civicrm_mailchimpsync_status", "trust")
    op.drop_column("civicrm_mailchimpsync_cache", "new_address")
    op.drop_column("civicrm_mailchimpsync_cache", "civicrm_address")
    op.drop_column("civicrm_mailchimpsync_cache", "inherited_at")
    op.drop_column("civicrm_mailchimpsync_cache", "inherited")
    op.drop_column("civicrm_mailchimpsync_cache", "departure")
    op.drop_column("civicrm_mailchimpsync_cache", "marks")
