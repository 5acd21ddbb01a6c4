"""Whose consent a member is, where another contact has its address since."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("handed_from", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("civicrm_mailchimpsync_cache", "handed_from")
