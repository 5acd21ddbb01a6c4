"""What tells our batches from those of other sites, and how often the results of one were asked for in vain."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
TABLE_OPTIONS: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    op.create_table(
        "civicrm_mailchimpsync_site",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_civicrm_mailchimpsync_site")),
        **TABLE_OPTIONS,
    )
    with op.batch_alter_table("civicrm_mailchimpsync_batch") as batch:
        batch.add_column(sa.Column("mark", sa.String(length=40), nullable=True))
        batch.add_column(sa.Column("foreign_ids", JSON_TEXT, nullable=True))
        batch.add_column(sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("try_again_at", UTC_DATETIME, nullable=True))
        batch.add_column(sa.Column("problem", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("problem_detail", sa.String(length=500), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("civicrm_mailchimpsync_batch") as batch:
        for name in ("problem_detail", "problem", "try_again_at", "attempts", "foreign_ids", "mark"):
            batch.drop_column(name)
    op.drop_table("civicrm_mailchimpsync_site")
