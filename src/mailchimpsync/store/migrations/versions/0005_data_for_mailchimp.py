"""What goes to Mailchimp besides subscriptions."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
TABLE_OPTIONS: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    op.create_table(
        "civicrm_mailchimpsync_data",
        sa.Column("cache_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("confirmed", JSON_TEXT, nullable=True),
        sa.Column("wanted", JSON_TEXT, nullable=True),
        sa.Column("refused", JSON_TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["cache_id"],
            ["civicrm_mailchimpsync_cache.id"],
            name=op.f("fk_civicrm_mailchimpsync_data_cache_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("cache_id", name=op.f("pk_civicrm_mailchimpsync_data")),
        **TABLE_OPTIONS,
    )
    with op.batch_alter_table("civicrm_mailchimpsync_run") as run:
        run.add_column(sa.Column("with_data", sa.Boolean(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("civicrm_mailchimpsync_run") as run:
        run.drop_column("with_data")
    op.drop_table("civicrm_mailchimpsync_data")
