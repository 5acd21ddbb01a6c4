"""The changes of runs and of kept plans are one table: holding a run's changes moves them, and copies nothing.

Open plans stay open, and interrupted runs go on. Where a run remembers a place in the old tables, it starts that step
again; what it has done is no longer planned.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from pydantic_core import from_json, to_json
from sqlalchemy.dialects import mysql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

PREFIX = "civicrm_mailchimpsync_"
PLAN, KEPT, CHANGE = PREFIX + "plan", PREFIX + "kept_change", PREFIX + "change"
JSON_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE_OPTIONS: dict[str, Any] = {
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
    "sqlite_autoincrement": True,
}
WANTED = ("create_contact", "group_changes", "member_update", "sync_status", "reason", "agreed")
OF_KEPT = ("plan_id", "identity", "contact_id", "member_id", "address", "before", *WANTED, "outcome", "note")
BEFORE = {"contact_id": "civicrm_contact_id", "member_id": "mailchimp_member_id", "address": "mailchimp_email"}
PLACES = ("created_to", "undone_to")
ROWS_PER_STEP = 1_000


def upgrade() -> None:
    _create_change()
    if _exists(PLAN):  # else killed after everything was moved
        op.execute(sa.delete(_table(CHANGE)))
        _move_kept_changes(_table(KEPT, "id", *OF_KEPT), CHANGE)
        _move_changes_of_runs()
        _forget_places()
    op.drop_table(PLAN)
    op.drop_table(KEPT)


def downgrade() -> None:
    _create_plan()
    _create_kept_change()
    if _exists(CHANGE):
        changes = _table(CHANGE, "id", *OF_KEPT, "run_id", "cache_id")
        _move_kept_changes(changes, KEPT)
        columns = ("run_id", "cache_id", *WANTED)
        found = sa.select(*(changes.c[name] for name in columns)).where(changes.c.run_id.is_not(None))
        op.execute(sa.insert(_table(PLAN, *columns)).from_select(columns, found.order_by(changes.c.id)))
        _forget_places()
    op.drop_table(CHANGE)


def _exists(name: str) -> bool:
    return sa.inspect(op.get_bind()).has_table(name)


def _table(name: str, *columns: str) -> Any:
    return sa.table(name, *(sa.column(column) for column in columns))


def _move_kept_changes(source: Any, target: str) -> None:
    found = sa.select(*(source.c[name] for name in OF_KEPT)).where(source.c.plan_id.is_not(None))
    op.execute(sa.insert(_table(target, *OF_KEPT)).from_select(OF_KEPT, found.order_by(source.c.id)))


def _move_changes_of_runs() -> None:
    """Add the person and the values before: those of the row, as it was before the run's first write."""
    plan = _table(PLAN, "id", "run_id", "cache_id", *WANTED)
    facts = ("mailchimp_list_id", "identity", *BEFORE.values(), "mailchimp_status", "mailchimp_interests")
    cache = _table(PREFIX + "cache", "id", *facts)
    columns = [plan.c[name] for name in ("id", "run_id", "cache_id", *WANTED)] + [cache.c[name] for name in facts]
    query = sa.select(*columns).join(cache, cache.c.id == plan.c.cache_id).order_by(plan.c.id).limit(ROWS_PER_STEP)
    connection, after = op.get_bind(), 0
    change = _table(CHANGE, "run_id", "cache_id", *OF_KEPT)
    while rows := connection.execute(query.where(plan.c.id > after)).mappings().all():
        after = rows[-1]["id"]
        groups = _groups(rows)
        connection.execute(sa.insert(change), [_change_of_run(row, groups) for row in rows])


def _groups(rows: Any) -> dict[tuple[str, int], dict[str, str]]:
    """Return the known memberships of the rows' contacts, by audience and contact."""
    known = _table(PREFIX + "group_contact", "list_id", "contact_id", "group_id", "status")
    contacts = [row["civicrm_contact_id"] for row in rows if row["civicrm_contact_id"] is not None]
    found: dict[tuple[str, int], dict[str, str]] = {}
    for one in op.get_bind().execute(sa.select(known).where(known.c.contact_id.in_(contacts))).mappings():
        if one["status"] is not None:
            found.setdefault((one["list_id"], one["contact_id"]), {})[str(one["group_id"])] = one["status"]
    return found


def _change_of_run(row: Any, groups: Any) -> dict[str, Any]:
    before = {
        "status": row["mailchimp_status"],
        "interests": from_json(row["mailchimp_interests"] or "{}"),
        "groups": groups.get((row["mailchimp_list_id"], row["civicrm_contact_id"]), {}),
    }
    person = {name: row[column] for name, column in BEFORE.items()}
    return {
        **{name: row[name] for name in ("run_id", "cache_id", "identity", *WANTED)},
        **person,
        "address": person["address"] or from_json(row["member_update"] or "{}").get("email_address"),
        "before": to_json(before).decode(),
    }


def _forget_places() -> None:
    """Let interrupted runs start these steps again: their places were ids of the other tables."""
    status, connection = _table(PREFIX + "status", "list_id", "progress"), op.get_bind()
    for row in connection.execute(sa.select(status).where(status.c.progress.is_not(None))).mappings().all():
        progress = from_json(row["progress"])
        left = {name: place for name, place in progress.items() if name not in PLACES}
        if left != progress:
            mine = sa.update(status).where(status.c.list_id == row["list_id"])
            connection.execute(mine.values(progress=to_json(left).decode()))


def _wanted_columns() -> list[Any]:
    return [
        sa.Column("create_contact", sa.Boolean(), nullable=False),
        sa.Column("group_changes", JSON_TEXT, nullable=False),
        sa.Column("member_update", JSON_TEXT, nullable=True),
        sa.Column("sync_status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("agreed", JSON_TEXT, nullable=False),
    ]


def _person_columns() -> list[Any]:
    return [
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("address", sa.String(length=255), nullable=True),
        sa.Column("before", JSON_TEXT, nullable=False),
    ]


def _outcome_columns() -> list[Any]:
    return [
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
    ]


def _belongs_to(table: str, column: str, parent: str) -> Any:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{PREFIX}{parent}.id"], name=name, ondelete="CASCADE")


def _create_change() -> None:
    op.create_table(
        CHANGE,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("cache_id", sa.BigInteger(), nullable=True),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        *_person_columns(),
        *_wanted_columns(),
        *_outcome_columns(),
        _belongs_to(CHANGE, "cache_id", "cache"),
        _belongs_to(CHANGE, "plan_id", "kept_plan"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{CHANGE}")),
        sa.UniqueConstraint("run_id", "cache_id", name=op.f(f"uq_{CHANGE}_run_id_cache_id")),
        sa.UniqueConstraint("plan_id", "identity", name=op.f(f"uq_{CHANGE}_plan_id_identity")),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_mcs_change_row", CHANGE, ["cache_id"])
    op.create_index("ix_mcs_change_run", CHANGE, ["run_id", "id"])


def _create_plan() -> None:
    op.create_table(
        PLAN,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("cache_id", sa.BigInteger(), nullable=False),
        *_wanted_columns(),
        _belongs_to(PLAN, "cache_id", "cache"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{PLAN}")),
        sa.UniqueConstraint("run_id", "cache_id", name=op.f(f"uq_{PLAN}_run_id_cache_id")),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_mcs_plan_row", PLAN, ["cache_id"])
    op.create_index("ix_mcs_plan_open", PLAN, ["run_id", "id"])


def _create_kept_change() -> None:
    op.create_table(
        KEPT,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        *_person_columns(),
        *_wanted_columns(),
        *_outcome_columns(),
        _belongs_to(KEPT, "plan_id", "kept_plan"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{KEPT}")),
        sa.UniqueConstraint("plan_id", "identity", name=op.f(f"uq_{KEPT}_plan_id_identity")),
        **TABLE_OPTIONS,
    )
