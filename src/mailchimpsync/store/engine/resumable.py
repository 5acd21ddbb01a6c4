"""Makes an interrupted upgrade resumable: MariaDB commits each schema change at once.

PostgreSQL and SQLite roll a whole upgrade back. MariaDB can't, so there each statement skips what is already done.
Steps that change rows have to be repeatable.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, event

_UNLESS_DONE = (
    (re.compile(r"^(\s*CREATE TABLE) ", re.IGNORECASE), r"\1 IF NOT EXISTS "),
    (re.compile(r"^(\s*CREATE (?:UNIQUE )?INDEX) ", re.IGNORECASE), r"\1 IF NOT EXISTS "),
    (re.compile(r"^(\s*ALTER TABLE \S+ ADD COLUMN) ", re.IGNORECASE), r"\1 IF NOT EXISTS "),
    (re.compile(r"^(\s*ALTER TABLE \S+ DROP COLUMN) ", re.IGNORECASE), r"\1 IF EXISTS "),
    (re.compile(r"^(\s*DROP (?:TABLE|INDEX)) ", re.IGNORECASE), r"\1 IF EXISTS "),
)


def skip_applied_changes(connection: Connection) -> None:
    """Skip schema changes that are already applied on a connection; only MariaDB needs it."""
    if getattr(connection.dialect, "is_mariadb", False):
        event.listen(connection, "before_cursor_execute", _skip_if_applied, retval=True)


def stop_skipping(connection: Connection) -> None:
    """End that."""
    if event.contains(connection, "before_cursor_execute", _skip_if_applied):
        event.remove(connection, "before_cursor_execute", _skip_if_applied)


def _skip_if_applied(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    for pattern, text in _UNLESS_DONE:
        statement = pattern.sub(text, statement, count=1)
    return statement, parameters
