"""Trust in one side."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("civicrm_mailchimpsync_status", sa.Column("trust", JSON_TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("civicrm_mailchimpsync_status", "trust")
