"""Who made a member's status: an empty date had meant both "our own act" and "unknown".

Of those off the list, the journal tells: the newest change of the member's status is ours only if it led to the one
they have now. Its time is that of our act. What it does not tell stays unknown.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CACHE = "civicrm_mailchimpsync_cache"
ROWS_PER_STEP = 1_000
UTC_DATETIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

cache = sa.table(
    CACHE,
    sa.column("id", sa.BigInteger),
    sa.column("mailchimp_status", sa.String),
    sa.column("mailchimp_status_date", UTC_DATETIME),
    sa.column("mailchimp_status_by", sa.String),
)
journal = sa.table(
    "civicrm_mailchimpsync_journal",
    sa.column("id", sa.BigInteger),
    sa.column("cache_id", sa.BigInteger),
    sa.column("time", UTC_DATETIME),
    sa.column("side", sa.String),
    sa.column("field", sa.String),
    sa.column("old", sa.String),
    sa.column("new", sa.String),
)


def upgrade() -> None:
    op.add_column(CACHE, sa.Column("mailchimp_status_by", sa.String(length=20), nullable=True))
    after = 0
    while found := _undated(after):
        _note([row.id for row in found])
        after = found[-1].id


def _undated(after: int) -> Sequence[Any]:
    query = sa.select(cache.c.id).where(
        cache.c.id > after,
        cache.c.mailchimp_status.in_(("unsubscribed", "archived")),
        cache.c.mailchimp_status_date.is_(None),
    )
    return op.get_bind().execute(query.order_by(cache.c.id).limit(ROWS_PER_STEP)).all()


def _note(row_ids: Sequence[int]) -> None:
    changes = journal.c.cache_id.in_(row_ids), journal.c.side == "Mailchimp", journal.c.field == "status"
    newest = sa.select(sa.func.max(journal.c.id)).where(*changes).group_by(journal.c.cache_id).subquery()
    query = (
        sa.select(journal.c.cache_id, journal.c.time, journal.c.old)
        .join(cache, cache.c.id == journal.c.cache_id)
        .where(journal.c.id.in_(sa.select(newest)), journal.c.new == cache.c.mailchimp_status)
    )
    bind = op.get_bind()
    for row_id, time, old in bind.execute(query).all():
        made_by = "us-unconfirmed" if old == "pending" else "us"
        values = {"mailchimp_status_date": time, "mailchimp_status_by": made_by}
        bind.execute(sa.update(cache).where(cache.c.id == row_id).values(values))


def downgrade() -> None:
    op.drop_column(CACHE, "mailchimp_status_by")
