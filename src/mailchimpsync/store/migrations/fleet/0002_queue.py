"""Which of procrastinate's migrations the tables of the queue have had; the tables themselves are procrastinate's."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("queue_migration", sa.Column("name", sa.String(200), primary_key=True))


def downgrade() -> None:
    op.drop_table("queue_migration")
