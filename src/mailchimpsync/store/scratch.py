"""A scratch copy of one connection's data, in which a run can be tried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, Table, func, insert, or_, select

from mailchimpsync.runtime import temporary_directory
from mailchimpsync.store.changes.batches import HANDLED
from mailchimpsync.store.engine.database import Store
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import batch, cache, data, group_contact, run, status, tombstone, update

ROWS_PER_STEP = 5_000


@contextmanager
def scratch_copy(store: Store, list_id: str) -> Iterator[Store]:
    """Open a separate store, in a temporary file, with the data of a connection; it is deleted at the end.

    The caller holds the connection's lease until the copy is made, so that nothing changes meanwhile.
    """
    with temporary_directory() as place:
        scratch = Store(f"sqlite:///{place / 'scratch.sqlite'}", is_temporary=True)
        try:
            scratch.migrate()
            with store.begin() as source, scratch.begin() as target:
                _copy(source, target, list_id)
            yield scratch
        finally:
            scratch.close()


def _copy(source: Connection, target: Connection, list_id: str) -> None:
    mine = select(cache.c.id).where(cache.c.mailchimp_list_id == list_id)
    interrupted = select(status.c.run_id).where(status.c.list_id == list_id)
    newest = select(func.max(run.c.id)).scalar_subquery()  # a run in the copy must not reuse the number of an older one
    full = runs.newest_full_run(list_id).with_only_columns(run.c.id).scalar_subquery()
    _copy_rows(source, target, cache, cache.c.mailchimp_list_id == list_id)
    _copy_rows(source, target, data, data.c.cache_id.in_(mine))
    _copy_rows(source, target, batch, batch.c.mailchimp_list_id == list_id, batch.c.response_processed < HANDLED)
    open_update = update.c.mailchimpsync_cache_id.in_(mine), update.c.completed == 0
    _copy_rows(source, target, update, *open_update)
    _copy_rows(source, target, group_contact, group_contact.c.list_id == list_id)
    _copy_rows(source, target, run, or_(run.c.id.in_(interrupted), run.c.id == newest, run.c.id == full))
    _copy_rows(source, target, status, status.c.list_id == list_id)
    _copy_rows(source, target, tombstone)
    target.execute(status.update().values(lease_owner=None, lease_expires=None, abort_requested=None, paused_at=None))


def _copy_rows(source: Connection, target: Connection, table: Table, *conditions: ColumnElement[bool]) -> None:
    found = source.execute(select(table).where(*conditions).execution_options(yield_per=ROWS_PER_STEP))
    for some in found.mappings().partitions():
        target.execute(insert(table), [dict(row) for row in some])
