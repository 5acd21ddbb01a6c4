"""Searching for a batch whose response was lost: it is ours only if its results prove it.

Mailchimp's list of batches shows no operations, so size and time only make a batch a candidate. See
docs/decisions/recognising-batches.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailchimpsync.mailchimp import BatchInfo, batch_results, recent_batches
from mailchimpsync.store.changes import batches
from mailchimpsync.store.changes.batches import BatchRow
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.operation_names import update_of

CLOCK_DIFFERENCE_MAX = timedelta(minutes=5)
SENDING_TIME_MAX = timedelta(minutes=30)
"""Including all retries; a batch that Mailchimp received later isn't the lost one."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Result of a search: the batch, if proved to be ours; `undecided`: how many candidates aren't finished."""

    found: BatchInfo | None = None
    undecided: int = 0


def find_lost_batch(work: Work, row: BatchRow, sent_at: datetime | None = None) -> SearchResult:
    """Search for a batch that may not have reached Mailchimp; `sent_at`: when it was sent, if known."""
    undecided = 0
    for info in _candidates(work, row, sent_at or row.created_date):
        if not info.is_finished:
            undecided += 1
        elif _is_ours(work, row, info):
            return SearchResult(info)
        else:
            with work.transaction() as tx:
                batches.record_foreign_batch(tx, row.id, info.id)
    return SearchResult(undecided=undecided)


def _candidates(work: Work, row: BatchRow, sent_at: datetime) -> Iterator[BatchInfo]:
    """Yield the account's batches that can be the lost one: of the same size, unless not counted yet."""
    with work.transaction() as tx:
        known = batches.own_batch_ids(tx) | batches.foreign_batch_ids(tx, row.id)
    for info in recent_batches(work.mailchimp):
        is_as_large = info.total_operations in (0, row.total_operations)
        if info.id in known or not is_as_large or info.submitted_at is None:
            continue
        if sent_at - CLOCK_DIFFERENCE_MAX <= info.submitted_at <= sent_at + SENDING_TIME_MAX:
            yield info


def _is_ours(work: Work, row: BatchRow, info: BatchInfo) -> bool:
    results = batch_results(work.mailchimp, info)
    return any(update_of(row.mark, result.operation_id) is not None for result in results)
