"""Which updates take their member off the list: they are found without reading what all the others say."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UPDATE = "civicrm_mailchimpsync_update"
INDEX = "ix_mcs_update_open"


def upgrade() -> None:
    leaves: sa.Column[bool] = sa.Column("leaves", sa.Boolean(), nullable=False, server_default="0")
    op.add_column(UPDATE, leaves)
    table = sa.table(UPDATE, sa.column("data", sa.Text()), sa.column("leaves", sa.Boolean()))
    said = [table.c.data.like(f'%"status":"{status}"%') for status in ("unsubscribed", "archived")]
    op.get_bind().execute(table.update().where(sa.or_(*said)).values(leaves=sa.true()))
    op.drop_index(INDEX, UPDATE)
    op.create_index(INDEX, UPDATE, ["completed", "mailchimpsync_batch_id", "leaves", "id"])


def downgrade() -> None:
    op.drop_index(INDEX, UPDATE)
    op.create_index(INDEX, UPDATE, ["completed", "mailchimpsync_batch_id"])
    op.drop_column(UPDATE, "leaves")
