"""The fleet, its sites, and the slots of connections to Mailchimp, which sites may share."""

import sqlalchemy as sa
from alembic import op

from mailchimpsync.store.schema.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fleet",
        sa.Column("id", sa.String(8), primary_key=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "site",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("role", sa.String(63), nullable=False),
        sa.Column("host", sa.String(255), unique=True),
        sa.Column("secret_keys", sa.Text, nullable=False),
        sa.Column("schema_number", sa.String(8), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("disabled_at", UtcDateTime),
    )
    op.create_table(
        "civicrm_mailchimpsync_connection_slot",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("number", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("token", sa.String(32)),
        sa.Column("owner", sa.String(100)),
        sa.Column("expires", UtcDateTime),
        sa.Column("next_token", sa.String(32)),
        sa.Column("next_expires", UtcDateTime),
    )


def downgrade() -> None:
    for name in ("civicrm_mailchimpsync_connection_slot", "site", "fleet"):
        op.drop_table(name)
