"""The causes of differences, from our own rows, if what they say of both sides is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mailchimpsync.civicrm import Person, contacts_modified_since, history, persons
from mailchimpsync.decide import OBSTACLES
from mailchimpsync.errors import TRANSIENT_CODES
from mailchimpsync.model import IN_FLIGHT, SUBSCRIBED_STATUSES, SyncStatus
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.queries.counts import EXCLUDED_BY_CHOICE
from mailchimpsync.store.runs import runs
from mailchimpsync.store.verify import own_rows
from mailchimpsync.store.verify.own_rows import OwnRow
from mailchimpsync.sync.deciding.obstacles import obstacle_of
from mailchimpsync.sync.verify.difference import Cause, Difference, Kind
from mailchimpsync.sync.verify.reading import Comparing


@dataclass
class Causes:
    """Explains differences. What changed in CiviCRM since the last run is read once, when first needed."""

    work: Comparing
    _changed: set[int] | None = None
    _people: dict[int, Person] = field(default_factory=dict)

    def explain(self, found: Sequence[Difference]) -> list[Difference]:
        """Return differences with their causes."""
        list_id = self.work.connection.list_id
        members = {one.member_id for one in found if one.member_id is not None}
        contacts = {one.contact_id for one in found if one.contact_id is not None}
        with self.work.systems.store.reading() as tx:
            mark = runs.stored_status(tx, list_id).last_sync_time
            is_held = kept_plans.open_hold(tx, list_id) is not None
            rows = own_rows.rows_about(tx, list_id, members, contacts)
        of_member = {row.mailchimp_member_id: row for row in rows if row.mailchimp_member_id is not None}
        of_contact: dict[int, list[OwnRow]] = {}
        for row in rows:
            if row.civicrm_contact_id is not None:
                of_contact.setdefault(row.civicrm_contact_id, []).append(row)
        self._look_up_people(found, rows)
        explained = []
        for one in found:
            mine = of_contact.get(one.contact_id or 0, [])
            if one.member_id in of_member:
                mine = [of_member[one.member_id], *mine]
            named = replace(one, name=next((row.name for row in mine if row.name), ""))
            explained.append(self._explained(named, mine, mark, is_held=is_held))
        return explained

    def _look_up_people(self, found: Sequence[Difference], rows: Sequence[OwnRow]) -> None:
        obstructed = {row.civicrm_contact_id for row in rows if row.reason in OBSTACLES}
        wanted = {one.contact_id for one in found if one.kind is Kind.NOT_SUBSCRIBED} & obstructed
        contacts = sorted(contact for contact in wanted if contact is not None)
        self._people = persons(self.work.systems.civicrm, contacts) if contacts else {}

    def _explained(
        self, one: Difference, rows: Sequence[OwnRow], mark: datetime | None, *, is_held: bool
    ) -> Difference:
        if any(row.sync_status in IN_FLIGHT and row.has_open_update for row in rows):
            return replace(one, cause=Cause.IN_FLIGHT)
        if (waits := _waits_for(rows, is_held=is_held)) is not None:
            return replace(one, cause=waits[0], code=waits[1])
        for row in rows:
            if (cause := _cause_of(row)) is not None and self._is_current(one, row):
                return replace(one, cause=cause, code=row.reason)
        if mark is None:
            return replace(one, cause=Cause.DUE)
        if (one.changed_at is not None and one.changed_at >= mark) or one.contact_id in self._changed_contacts(mark):
            return replace(one, cause=Cause.CHANGED)
        return replace(one, cause=Cause.FORMER if one.kind is Kind.OTHER_ADDRESS else Cause.UNKNOWN)

    def _is_current(self, one: Difference, row: OwnRow) -> bool:
        """Return whether a row was decided on the current facts; otherwise its reason explains nothing."""
        if row.reason in OBSTACLES:
            person = self._people.get(one.contact_id or 0)
            now = obstacle_of(person, one.status, one.address)
            return one.kind is Kind.NOT_SUBSCRIBED and now is not None
        same_member = row.mailchimp_member_id == one.member_id or one.member_id is None
        known, status = row.mailchimp_status, one.status if same_member else row.mailchimp_status
        return (known is None) == (status is None) and (known in SUBSCRIBED_STATUSES) == (status in SUBSCRIBED_STATUSES)

    def _changed_contacts(self, mark: datetime) -> set[int]:
        """Return the contacts that changed, or joined or left a group, since the last run started."""
        if self._changed is None:
            civicrm, clock = self.work.systems.civicrm, self.work.site_clock
            since = clock.shown_from(mark)
            entries = (
                entry for page in history(civicrm, self.work.connection.group_ids, since, clock) for entry in page
            )
            changed = {entry.contact_id for entry in entries}
            for modified in contacts_modified_since(civicrm, since):
                changed.update(state.id for state in modified.contacts)
            self._changed = changed
        return self._changed


def _waits_for(rows: Sequence[OwnRow], *, is_held: bool) -> tuple[Cause, str | None] | None:
    """Return why rows are still due, with the code of a refusal; None if they aren't."""
    if (refused := next((row for row in rows if _is_refused(row)), None)) is not None:
        return Cause.REFUSED, refused.reason
    if any(row.sync_status == SyncStatus.TODO for row in rows):
        return Cause.HELD if is_held else Cause.DUE, None
    return None


def _is_refused(row: OwnRow) -> bool:
    """Return whether Mailchimp refused the row's change for a temporary cause."""
    return row.sync_status in (SyncStatus.TODO, SyncStatus.FAIL) and row.reason in TRANSIENT_CODES


def _cause_of(row: OwnRow) -> Cause | None:
    """Return the cause that a row alone gives: it failed, or the two sides may differ."""
    if row.sync_status == SyncStatus.FAIL:
        return Cause.CANNOT
    is_chosen = row.sync_status == SyncStatus.OK and row.reason in EXCLUDED_BY_CHOICE
    return Cause.AS_CHOSEN if is_chosen else None
