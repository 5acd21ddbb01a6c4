"""Why nothing certain is known of a row's contact: CiviCRM does not show it, or a record of it can't be read."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("contact_problem", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("civicrm_mailchimpsync_cache", "contact_problem")
