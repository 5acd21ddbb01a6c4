"""Runs the migrations on the connection that `Store.migrate` hands over."""

from alembic import context

from mailchimpsync.store.resuming import keep_as_written, skip_what_is_done
from mailchimpsync.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
skip_what_is_done(connection)
try:
    with context.begin_transaction():
        context.run_migrations()
finally:
    keep_as_written(connection)
