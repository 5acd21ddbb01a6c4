"""Which linked interests Mailchimp has no more."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("civicrm_mailchimpsync_status", sa.Column("gone_interests", JSON_TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("civicrm_mailchimpsync_status", "gone_interests")
