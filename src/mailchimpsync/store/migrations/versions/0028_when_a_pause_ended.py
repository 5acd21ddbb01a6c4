"""When a connection was resumed: a sync that began before the end of its pause has read what may be outdated."""

import sqlalchemy as sa
from alembic import op

from mailchimpsync.store.schema.types import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

STATUS = "civicrm_mailchimpsync_status"


def upgrade() -> None:
    op.add_column(STATUS, sa.Column("resumed_at", UtcDateTime, nullable=True))


def downgrade() -> None:
    op.drop_column(STATUS, "resumed_at")
