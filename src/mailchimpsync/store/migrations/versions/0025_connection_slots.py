"""Which process uses which of an account's connections to Mailchimp: all processes together have ten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
SLOT = "civicrm_mailchimpsync_connection_slot"


def upgrade() -> None:
    op.create_table(
        SLOT,
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("expires", UTC_DATETIME, nullable=True),
        sa.Column("next_token", sa.String(length=32), nullable=True),
        sa.Column("next_expires", UTC_DATETIME, nullable=True),
        sa.PrimaryKeyConstraint("account", "number", name=op.f("pk_civicrm_mailchimpsync_connection_slot")),
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    op.drop_table(SLOT)
