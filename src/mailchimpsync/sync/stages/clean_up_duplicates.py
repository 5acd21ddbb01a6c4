"""Stage `readyToCleanUpDuplicates`: one contact that became known from both sides needs one row."""

from __future__ import annotations

from mailchimpsync.store.cache import contacts
from mailchimpsync.sync.context import Run


def clean_up_duplicates(run: Run) -> bool:
    """Delete rows that stood for a contact until its member appeared.

    See docs/reference/php-extension.md#redundant-rows.
    """
    with run.transaction() as tx:
        deleted = contacts.delete_redundant_rows(tx, run.list_id)
    if deleted:
        run.log(f"{deleted} redundant rows were deleted, because their members have appeared.")
    return True
