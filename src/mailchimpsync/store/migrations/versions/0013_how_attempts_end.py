"""How the last calls ended, which batches were refused altogether, and which services are alive."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
BATCH, STATUS, SERVICE = (f"civicrm_mailchimpsync_{name}" for name in ("batch", "status", "service"))
COLUMNS: dict[str, Any] = {
    "attempted_at": UTC_DATETIME,
    "attempt_outcome": sa.String(length=32),
    "failing_code": sa.String(length=32),
    "failing_since": UTC_DATETIME,
    "failing_times": sa.Integer(),
}


def upgrade() -> None:
    op.add_column(BATCH, sa.Column("refused_code", sa.String(length=32), nullable=True))
    for name, kind in COLUMNS.items():
        op.add_column(STATUS, sa.Column(name, kind, nullable=True))
    op.create_table(
        SERVICE,
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("started_at", UTC_DATETIME, nullable=False),
        sa.Column("beat_at", UTC_DATETIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civicrm_mailchimpsync_service")),
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    op.drop_table(SERVICE)
    for name in COLUMNS:
        op.drop_column(STATUS, name)
    op.drop_column(BATCH, "refused_code")
