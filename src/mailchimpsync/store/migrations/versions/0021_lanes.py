"""Updates may be sent without a batch of Mailchimp's: each batch row says how its updates were sent, and why so."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BATCH = "civicrm_mailchimpsync_batch"


def upgrade() -> None:
    op.add_column(BATCH, sa.Column("lane", sa.String(length=10), nullable=False, server_default="batch"))
    op.add_column(BATCH, sa.Column("lane_reason", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column(BATCH, "lane_reason")
    op.drop_column(BATCH, "lane")
