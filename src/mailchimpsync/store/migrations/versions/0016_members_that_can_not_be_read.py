"""Why what Mailchimp says of a member can't be read."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("member_problem", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("civicrm_mailchimpsync_cache", "member_problem")
