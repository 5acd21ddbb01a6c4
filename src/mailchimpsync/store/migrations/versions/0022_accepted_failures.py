"""People who can't be synced, and whom somebody has accepted: one by one, or all with a reason."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
CACHE, PERSON, REASON = (f"civicrm_mailchimpsync_{name}" for name in ("cache", "accepted_person", "accepted_reason"))
OPTIONS: dict[str, Any] = {"mariadb_engine": "InnoDB", "mariadb_charset": "utf8mb4", "mariadb_collate": "utf8mb4_bin"}


def upgrade() -> None:
    op.create_table(
        PERSON,
        sa.Column("cache_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("reason_detail", sa.String(length=500), nullable=True),
        sa.Column("accepted_at", UTC_DATETIME, nullable=False),
        sa.Column("accepted_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["cache_id"], [f"{CACHE}.id"], name=op.f(f"fk_{PERSON}_cache_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("cache_id", name=op.f(f"pk_{PERSON}")),
        **OPTIONS,
    )
    op.create_table(
        REASON,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("accepted_at", UTC_DATETIME, nullable=False),
        sa.Column("accepted_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{REASON}")),
        sa.UniqueConstraint("list_id", "reason", name=op.f(f"uq_{REASON}_list_id_reason")),
        sqlite_autoincrement=True,
        **OPTIONS,
    )


def downgrade() -> None:
    op.drop_table(REASON)
    op.drop_table(PERSON)
