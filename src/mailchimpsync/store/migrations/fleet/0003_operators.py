"""What is known of each site, and what the fleet's operators did."""

import sqlalchemy as sa
from alembic import op

from mailchimpsync.store.schema.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_figures",
        sa.Column("site", sa.String(40), sa.ForeignKey("site.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("states", sa.Text, nullable=False),
        sa.Column("checked_at", UtcDateTime),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("due", sa.Integer, nullable=False),
        sa.Column("alerts", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("code", sa.String(40)),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("noted_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "operation",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("began_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
    )
    op.create_table(
        "operation_site",
        sa.Column("operation", sa.BigInteger, sa.ForeignKey("operation.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("site", sa.String(40), primary_key=True),
        sa.Column("outcome", sa.Text),
        sa.Column("has_failed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    for name in ("sign_in_link", "operation_site", "operation", "site_figures"):
        op.drop_table(name)
