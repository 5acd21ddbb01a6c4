"""Runs the migrations on the connection that `Store.migrate` passes."""

from alembic import context

from mailchimpsync.store.engine.resumable import skip_applied_changes, stop_skipping
from mailchimpsync.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
skip_applied_changes(connection)
try:
    with context.begin_transaction():
        context.run_migrations()
finally:
    stop_skipping(connection)
