"""What the other rows of the same contact mean for a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import Person
from mailchimpsync.decide import Others, has_left
from mailchimpsync.decide.situation import NOT_IN_GROUP
from mailchimpsync.model import SUBSCRIBED_STATUSES, Connection, GroupState, MadeBy, MemberStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import rows
from mailchimpsync.store.cache.rows import RowToDecide
from mailchimpsync.sync.deciding.obstacles import address_to_subscribe

States = Mapping[int, Mapping[int, GroupState]]
"""Group states, by contact id and group id."""


@dataclass(slots=True)
class OtherRows:
    """The other rows of a row's contact.

    Attributes:
        subscribed_unmerged: whether one is subscribed that didn't come with a merged contact.
        not_subscribed: the statuses of those at Mailchimp that aren't subscribed, and weren't removed by us.
        addresses: those at Mailchimp, by row id; `subscribed_addresses`: the subscribed ones.
    """

    subscribed: bool = False
    subscribed_unmerged: bool = False
    left: bool = False
    interests: set[str] = field(default_factory=set)
    not_subscribed: set[str] = field(default_factory=set)
    addresses: dict[int, str] = field(default_factory=dict)
    subscribed_addresses: set[str] = field(default_factory=set)

    def seen_from(self, row: RowToDecide, person: Person | None) -> Others:
        """Return what they mean for a row of the contact."""
        return Others(
            self.subscribed,
            self.left,
            self._is_preferred_to(row, person),
            frozenset(self.interests),
            frozenset(self.not_subscribed),
        )

    def _is_preferred_to(self, row: RowToDecide, person: Person | None) -> bool:
        """Return whether another member comes back: the one with the best address, else the oldest row."""
        if person is None or not self.addresses or not row.mailchimp_email:
            return False
        best = address_to_subscribe(person)
        wanted = normalise_address(best) if best else None
        if normalise_address(row.mailchimp_email) == wanted:
            return False
        return wanted in self.addresses.values() or min(self.addresses) < row.id


def other_rows(
    tx: Transaction,
    connection: Connection,
    due: Sequence[RowToDecide],
    contacts: Sequence[int],
    states: States,
) -> dict[int, OtherRows]:
    """Return the other rows of the contacts of due rows, by row id; rows without any are left out."""
    of_contact: dict[int, list[rows.Sibling]] = defaultdict(list)
    for other in rows.siblings(tx, connection.list_id, contacts):
        of_contact[other.civicrm_contact_id].append(other)
    found: dict[int, OtherRows] = {}
    for row in due:
        others = [other for other in of_contact.get(row.civicrm_contact_id or 0, ()) if other.id != row.id]
        if others:
            group = states.get(row.civicrm_contact_id or 0, {}).get(connection.group_id, NOT_IN_GROUP)
            found[row.id] = _summarise(others, group)
    return found


def _summarise(others: Sequence[rows.Sibling], group: GroupState) -> OtherRows:
    summary = OtherRows()
    for other in others:
        _add(summary, other, group)
    return summary


def _add(summary: OtherRows, other: rows.Sibling, group: GroupState) -> None:
    status, date, base = other.mailchimp_status, other.mailchimp_status_date, other.base_subscribed
    made_by = MadeBy(other.mailchimp_status_by) if other.mailchimp_status_by else None
    left = has_left(status, date, base=base, group=group, made_by=made_by)
    summary.left |= left and other.departure is None
    by_us = other.departure is not None or made_by is not None
    if status in SUBSCRIBED_STATUSES:
        summary.subscribed = True
        summary.subscribed_unmerged |= other.departed_contact_id is None
        summary.interests.update(key for key, value in (other.mailchimp_interests or {}).items() if value)
        summary.subscribed_addresses.add(normalise_address(other.mailchimp_email or ""))
    is_asked = status == MemberStatus.PENDING and other.departure is None
    if status is not None and (is_asked or (status != MemberStatus.SUBSCRIBED and not by_us)):
        summary.not_subscribed.add(status)
    if other.mailchimp_email:
        summary.addresses[other.id] = normalise_address(other.mailchimp_email)
