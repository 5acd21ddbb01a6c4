"""Trust in one side, and departures in CiviCRM."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("marks", sa.String(length=80), nullable=True))
    op.add_column("civicrm_mailchimpsync_cache", sa.Column("departure", sa.String(length=20), nullable=True))
    op.add_column("civicrm_mailchimpsync_status", sa.Column("trust", JSON_TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("civicrm_mailchimpsync_status", "trust")
    op.drop_column("civicrm_mailchimpsync_cache", "departure")
    op.drop_column("civicrm_mailchimpsync_cache", "marks")
