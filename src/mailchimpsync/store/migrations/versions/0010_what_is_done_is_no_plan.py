"""A planned change that is done is deleted: what it said of people stayed for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PLAN = "civicrm_mailchimpsync_plan"


def upgrade() -> None:
    if any(
        column["name"] == "applied" for column in sa.inspect(op.get_bind()).get_columns(PLAN)
    ):  # else killed after it
        op.execute(sa.delete(sa.table(PLAN, sa.column("applied"))).where(sa.column("applied", sa.Boolean)))
    op.drop_index("ix_mcs_plan_open", PLAN)
    op.drop_column(PLAN, "applied")
    op.create_index("ix_mcs_plan_open", PLAN, ["run_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_mcs_plan_open", PLAN)
    op.add_column(PLAN, sa.Column("applied", sa.Boolean(), server_default="0", nullable=False))
    op.create_index("ix_mcs_plan_open", PLAN, ["run_id", "applied", "id"])
