"""How many people were on both sides, joined and left, by audience and day; filled from runs and the journal."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from pydantic_core import from_json

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

FIGURE = "civicrm_mailchimpsync_figure"
DAYS = 400
ROWS_AT_ONCE = 1_000

figure = sa.table(
    FIGURE,
    sa.column("list_id", sa.String),
    sa.column("day", sa.Date),
    sa.column("name", sa.String),
    sa.column("number", sa.Integer),
)
run = sa.table(
    "civicrm_mailchimpsync_run",
    *(sa.column(name) for name in ("id", "list_id", "counts")),
    sa.column("finished_at", sa.DateTime),
)
status = sa.table("civicrm_mailchimpsync_status", *(sa.column(name) for name in ("list_id", "links")))
journal = sa.table(
    "civicrm_mailchimpsync_journal",
    *(sa.column(name) for name in ("list_id", "cache_id", "side", "field", "new", "reason")),
    sa.column("time", sa.DateTime),
)


def upgrade() -> None:
    op.create_table(
        FIGURE,
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "day", "name", name=op.f("pk_civicrm_mailchimpsync_figure")),
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
    connection = op.get_bind()
    since = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=DAYS)
    found = _totals(connection, since) | _movements(connection, since)
    rows = [{"list_id": key[0], "day": key[1], "name": key[2], "number": number} for key, number in found.items()]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(sa.insert(figure), rows[start : start + ROWS_AT_ONCE])


def _totals(connection: sa.Connection, since: datetime) -> dict[tuple[str, date, str], int]:
    day = sa.func.date(run.c.finished_at)
    counted = sa.cast(run.c.counts, sa.Text).like('%"subscribed_at_civicrm"%')
    newest = (
        sa.select(sa.func.max(run.c.id).label("id"))
        .where(run.c.finished_at >= since, counted)
        .group_by(run.c.list_id, day)
        .subquery()
    )
    query = sa.select(run.c.list_id, day.label("day"), run.c.counts).join(newest, newest.c.id == run.c.id)
    found: dict[tuple[str, date, str], int] = {}
    for list_id, at, counts in connection.execute(query):
        for side in ("civicrm", "mailchimp"):
            found[list_id, _day(at), side] = from_json(counts)[f"subscribed_at_{side}"]
    return found


def _movements(connection: sa.Connection, since: datetime) -> dict[tuple[str, date, str], int]:
    links = {list_id: from_json(text or "{}") for list_id, text in connection.execute(sa.select(status))}
    day = sa.func.date(journal.c.time)
    columns = (journal.c.list_id, day.label("day"), journal.c.side, journal.c.field, journal.c.new, journal.c.reason)
    is_about_a_list = sa.or_(journal.c.field.like("group %"), journal.c.field == "status")
    number = sa.func.count(sa.distinct(journal.c.cache_id))
    query = sa.select(*columns, number).where(journal.c.time >= since, is_about_a_list).group_by(*columns)
    found: Counter[tuple[str, date, str]] = Counter()
    for list_id, at, side, field, new, reason, people in connection.execute(query):
        group = f"group {links.get(list_id, {}).get('group_id')}"
        if name := _movement(side, field, new, reason, group):
            found[list_id, _day(at), name] += people
    return found


def _movement(side: str, field: str, new: str | None, reason: str, group: str) -> str | None:
    if reason in ("CIVICRM_HANDED_OVER", "CIVICRM_READDRESSED"):
        return None
    if side == "CiviCRM" and field == group and not reason.startswith(("CIVICRM_", "DEPARTED_")):
        return "joined" if new == "Added" else f"left {reason}"
    if side == "Mailchimp" and field == "status" and not reason.startswith("MAILCHIMP_"):
        return "joined" if new in ("subscribed", "pending") else f"left {reason}"
    return None


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def downgrade() -> None:
    op.drop_table(FIGURE)
