"""The rows of an audience in the order of their ids, for people who browse them.

Its columns never change, so that no sync writes it but for new people.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_mcs_cache_list", "civicrm_mailchimpsync_cache", ["mailchimp_list_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_mcs_cache_list", "civicrm_mailchimpsync_cache")
