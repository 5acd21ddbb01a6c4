"""How far a run is in its stage, for whoever watches from another process."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATUS = "civicrm_mailchimpsync_status"
COLUMNS = {"stage_done": sa.Integer(), "stage_total": sa.Integer(), "stage_seconds": sa.Integer()}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column(STATUS, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column(STATUS, name)
