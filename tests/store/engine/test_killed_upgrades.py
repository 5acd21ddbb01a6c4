"""An upgrade that is killed in its middle goes on with the next one, and loses nothing, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event, insert

from mailchimpsync.store import Store
from mailchimpsync.store.schema import journal, metadata
from store.databases import LIST, RUN, add_row, hour, row
from store.engine.test_moved_plans import add_planned_changes, planned_changes
from store.engine.test_store_schema import migrations

BEFORE = "0009"
"""Its tables can take the rows that the tests put in, and what comes after it moves rows about."""


class KilledError(BaseException):
    """The process was killed."""


@contextmanager
def killed_after(connection: Connection, number: int) -> Iterator[None]:
    """Kill the process after a number of statements that change something."""
    left = number

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal left
        left -= not statement.lstrip().upper().startswith(("SELECT", "SHOW", "PRAGMA"))
        if left == 0:
            raise KilledError

    event.listen(connection, "after_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(connection, "after_cursor_execute", count)


def upgrade(store: Store, killed_at: int) -> None:
    with store.begin() as tx, killed_after(tx, killed_at):
        command.upgrade(migrations(tx), "head")


def with_rows_of_before(store: Store) -> tuple[int, int]:
    """Go back to an older schema, with someone we took off, and changes of a run and of a plan; return two rows."""
    off = {"mailchimp_status": "unsubscribed", "mailchimp_status_date": None}
    with store.begin() as tx:
        ann, bob = add_row(tx, **off), add_row(tx, mailchimp_email="bob@example.org")
        entry = {"list_id": LIST, "time": hour(9), "side": "Mailchimp", "field": "status", "reason": "CIVICRM_REMOVED"}
        tx.execute(insert(journal).values(**entry, cache_id=ann, old="subscribed", new="unsubscribed"))
        add_planned_changes(tx, ann)
    with store.begin() as tx:
        command.downgrade(migrations(tx), BEFORE)
    return ann, bob


def while_killed(store: Store) -> None:
    """Upgrade again and again; each process is killed a statement later than the one before, until one is not."""
    for number in range(1, 200):
        try:
            upgrade(store, number)
        except KilledError:
            continue
        return
    pytest.fail("the upgrade never comes to its end")


@pytest.mark.thorough
def test_an_upgrade_killed_after_any_statement_goes_on_with_the_next(store: Store) -> None:
    ann, bob = with_rows_of_before(store)
    try:
        while_killed(store)
    finally:
        store.migrate()

    with store.begin() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
        found = row(tx, ann)
        assert (found["mailchimp_status_by"], found["mailchimp_status_date"]) == ("us", hour(9))
        assert row(tx, bob)["mailchimp_email"] == "bob@example.org"
        assert planned_changes(tx) == [(None, None, "m:bob"), (RUN, ann, found["identity"])]
