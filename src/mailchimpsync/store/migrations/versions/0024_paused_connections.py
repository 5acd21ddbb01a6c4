"""A connection can be paused: nothing is synced until someone resumes it."""

import sqlalchemy as sa
from alembic import op

from mailchimpsync.store.schema.types import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATUS = "civicrm_mailchimpsync_status"


def upgrade() -> None:
    op.add_column(STATUS, sa.Column("paused_at", UtcDateTime, nullable=True))
    op.add_column(STATUS, sa.Column("paused_by", sa.String(length=100), nullable=True))
    op.add_column(STATUS, sa.Column("pause_reason", sa.String(length=500), nullable=True))


def downgrade() -> None:
    op.drop_column(STATUS, "pause_reason")
    op.drop_column(STATUS, "paused_by")
    op.drop_column(STATUS, "paused_at")
