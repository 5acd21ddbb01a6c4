"""Personal tokens (checksums) are kept no longer: they go from what waits, what was sent, and what plans say.

What goes is sent once more, from a recipe. The journal's go with `journal_retention.minimise_tokens`, which needs the
site's key. Nothing comes back on the way down.
"""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op
from pydantic_core import from_json, to_json

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PREFIX = "civicrm_mailchimpsync_"
TOKEN = re.compile(r"[0-9a-f]{32}_[0-9]{9,11}_([0-9]+|inf)", re.IGNORECASE)
ROWS_PER_STEP = 1_000
COLUMNS = {
    "data": ("cache_id", ("confirmed", "wanted", "refused")),
    "update": ("id", ("data", "attempt", "agreed")),
    "plan": ("id", ("member_update", "agreed")),
    "kept_change": ("id", ("member_update", "agreed")),
}


def upgrade() -> None:
    for name, (key, columns) in COLUMNS.items():
        table = sa.table(PREFIX + name, *(sa.column(column) for column in (key, *columns)))
        _clean(table, key, columns)


def downgrade() -> None:
    """Leave it as it is."""


def _clean(table: Any, key: str, columns: tuple[str, ...]) -> None:
    connection, after = op.get_bind(), 0
    may_have = sa.or_(*(table.c[column].like("%\\_%\\_%", escape="\\") for column in columns))
    while True:
        query = sa.select(table).where(table.c[key] > after, may_have).order_by(table.c[key]).limit(ROWS_PER_STEP)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return
        after = rows[-1][key]
        for row in rows:
            found = {column: row[column] for column in columns if row[column] and TOKEN.search(row[column])}
            if found:
                clean = {column: to_json(_without_tokens(from_json(text))).decode() for column, text in found.items()}
                connection.execute(sa.update(table).where(table.c[key] == row[key]).values(clean))


def _without_tokens(value: Any) -> Any:
    """Return a value without the entries that are tokens, plain or in a list as [value, plugin]."""
    if isinstance(value, dict):
        return {key: _without_tokens(one) for key, one in value.items() if not _is_token(one)}
    return [_without_tokens(one) for one in value] if isinstance(value, list) else value


def _is_token(value: Any) -> bool:
    text = value[0] if isinstance(value, list) and value else value
    return isinstance(text, str) and TOKEN.search(text) is not None
