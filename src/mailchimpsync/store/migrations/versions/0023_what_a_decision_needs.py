"""What a person needs to decide about a plan: its changes by kind, by name and by date, and what led to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

CHANGE = "civicrm_mailchimpsync_change"
KEPT_PLAN = "civicrm_mailchimpsync_kept_plan"
GROUP_CONTACT = "civicrm_mailchimpsync_group_contact"
JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column(CHANGE, sa.Column("kinds", sa.String(length=100), nullable=True))
    op.add_column(CHANGE, sa.Column("dates", JSON_TEXT, nullable=True))
    op.add_column(CHANGE, sa.Column("name", sa.String(length=255), nullable=True))
    op.add_column(KEPT_PLAN, sa.Column("background", JSON_TEXT, nullable=True))
    op.add_column(GROUP_CONTACT, sa.Column("method", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column(GROUP_CONTACT, "method")
    op.drop_column(KEPT_PLAN, "background")
    op.drop_column(CHANGE, "name")
    op.drop_column(CHANGE, "dates")
    op.drop_column(CHANGE, "kinds")
