"""What `getstatus` counts over all rows of a connection: the part that takes longer the more people there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import rows
from mailchimpsync.store.queries import counts, failures
from mailchimpsync.store.queries.due import NOBODY_DUE, Due, count_due
from mailchimpsync.store.queries.failures import Failed, FailedCount


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows by agreement of both sides and by sync status, failed rows by reason and standing, and people due."""

    agreement: counts.Agreement = field(default_factory=counts.Agreement)
    by_status: Mapping[str, int] = field(default_factory=dict)
    failed: Sequence[FailedCount] = ()
    due: Due = NOBODY_DUE


Counting: TypeAlias = Callable[[Transaction, Link], RowCounts]


def count_failing(site: Site, link: Link) -> Failed:
    """Count the people of a connection who can't be synced; quick, however many others there are."""
    with site.store.reading() as tx:
        return failures.count_failed(tx, [link.audience_id])


def count_rows(tx: Transaction, link: Link) -> RowCounts:
    """Count a connection's rows; about a second for some hundred thousand."""
    list_id = link.audience_id
    return RowCounts(
        counts.agreement(tx, list_id, link.group_id),
        rows.count_by_status(tx, list_id),
        failures.count_failed_by_reason(tx, list_id),
        count_due(tx, list_id),
    )
