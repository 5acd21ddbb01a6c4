"""What runs changed, from the journal, and the people who could not be synced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.actions.site import Site
from mailchimpsync.effects import Effect
from mailchimpsync.store.journal import journal
from mailchimpsync.store.queries import counts


@dataclass(frozen=True, slots=True)
class ChangeCount:
    """How often runs changed a field to a value: `contact` created, `group <id>`, `status` or `interest <id>`."""

    side: str
    field: str
    new: str
    count: int

    @property
    def effect(self) -> Effect:
        """The change, without the value before."""
        return Effect.stored(self.side, self.field, None, self.new)


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that can't be synced; the address is the member's at Mailchimp, if there is one."""

    contact_id: int | None
    address: str | None
    reason: str


def getchanges(site: Site, run_ids: Sequence[int]) -> list[ChangeCount]:
    """Return the changes of runs, counted by kind."""
    with site.store.begin() as tx:
        return [ChangeCount(*kind) for kind in journal.changes_by_kind(tx, run_ids)]


def getfailures(site: Site, list_id: str) -> list[FailedRow]:
    """Return the rows of an audience that can't be synced."""
    with site.store.begin() as tx:
        found = counts.failed_rows(tx, list_id)
    return [FailedRow(row.civicrm_contact_id, row.mailchimp_email, row.reason or "") for row in found]
