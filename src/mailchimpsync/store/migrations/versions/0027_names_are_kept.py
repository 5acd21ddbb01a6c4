"""Names are kept when they are read: of contacts, groups and interests."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
CACHE, NAME = (f"civicrm_mailchimpsync_{name}" for name in ("cache", "known_name"))
OPTIONS: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    op.add_column(CACHE, sa.Column("civicrm_name", sa.String(length=255), nullable=True))
    op.create_table(
        NAME,
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("category", sa.String(length=255), nullable=True),
        sa.Column("read_at", UTC_DATETIME, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f(f"pk_{NAME}")),
        **OPTIONS,
    )


def downgrade() -> None:
    op.drop_table(NAME)
    op.drop_column(CACHE, "civicrm_name")
