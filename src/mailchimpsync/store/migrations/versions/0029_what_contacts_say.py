"""What CiviCRM was told on contacts about an audience."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from mailchimpsync.store.schema.types import UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

RECORD = "civicrm_mailchimpsync_contact_record"
OPTIONS: dict[str, Any] = {"mariadb_engine": "InnoDB", "mariadb_charset": "utf8mb4", "mariadb_collate": "utf8mb4_bin"}


def upgrade() -> None:
    op.create_table(
        RECORD,
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audience", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=True),
        sa.Column("since", UtcDateTime, nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("list_id", "contact_id", name=op.f(f"pk_{RECORD}")),
        sqlite_with_rowid=False,
        **OPTIONS,
    )


def downgrade() -> None:
    op.drop_table(RECORD)
