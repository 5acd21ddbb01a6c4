"""Tokens for what is the fleet's own, such as its metrics."""

import sqlalchemy as sa
from alembic import op

from mailchimpsync.store.schema.types import ID, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLE = "civicrm_mailchimpsync_token"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(10), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("revoked_at", UtcDateTime),
        sa.Column("last_used_at", UtcDateTime),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{_TABLE}_token_hash")),
    )


def downgrade() -> None:
    op.drop_table(_TABLE)
