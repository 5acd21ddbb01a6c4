"""What runs changed, from the journal, and who could not be synced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.actions.site import Site
from mailchimpsync.store.journal import journal
from mailchimpsync.store.queries import counts


@dataclass(frozen=True, slots=True)
class ChangeCount:
    """How often a run set something, on which side: `contact` created, `group <id>`, `status` or `interest <id>`."""

    side: str
    field: str
    new: str
    count: int


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that can't be synced; the address is that of the member at Mailchimp, where there is one."""

    contact_id: int | None
    address: str | None
    reason: str


def getchanges(site: Site, run_ids: Sequence[int]) -> list[ChangeCount]:
    """Return what runs changed, counted."""
    with site.store.begin() as tx:
        return [ChangeCount(*kind) for kind in journal.changes_by_kind(tx, run_ids)]


def getfailures(site: Site, list_id: str) -> list[FailedRow]:
    """Return the rows of an audience that can't be synced."""
    with site.store.begin() as tx:
        found = counts.failed_rows(tx, list_id)
    return [FailedRow(row["civicrm_contact_id"], row["mailchimp_email"], row["reason"] or "") for row in found]
