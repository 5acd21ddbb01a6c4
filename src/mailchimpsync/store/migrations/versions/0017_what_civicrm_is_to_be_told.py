"""What changed at Mailchimp of a member and is still to be carried out in CiviCRM: names, address, a hold."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CACHE = "civicrm_mailchimpsync_cache"
COLUMNS = {
    "names_before": sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb"),
    "address_before": sa.String(length=255),
    "hold_reason": sa.String(length=32),
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column(CACHE, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column(CACHE, name)
