"""The populations that shares of change refer to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mailchimpsync.model import SUBSCRIBED_STATUSES, GroupStatus
from mailchimpsync.store.schema import cache, group_contact


@dataclass(frozen=True, slots=True)
class Populations:
    """Members by status at Mailchimp, members of each group in CiviCRM, and contacts that own a row."""

    by_status: dict[str, int]
    in_group: dict[int, int]
    contacts: int

    @property
    def subscribed(self) -> int:
        """Return how many are subscribed at Mailchimp, or asked to confirm."""
        return sum(self.by_status.get(status, 0) for status in SUBSCRIBED_STATUSES)


def populations(tx: Connection, list_id: str) -> Populations:
    """Count a connection's people, as last read."""
    mine = cache.c.mailchimp_list_id == list_id
    by_status = select(cache.c.mailchimp_status, func.count()).where(mine, cache.c.mailchimp_status.is_not(None))
    added = group_contact.c.status == GroupStatus.ADDED.value
    in_group = select(group_contact.c.group_id, func.count()).where(group_contact.c.list_id == list_id, added)
    contacts = select(func.count(cache.c.civicrm_contact_id.distinct())).where(mine)
    return Populations(
        {status: int(number) for status, number in tx.execute(by_status.group_by(cache.c.mailchimp_status))},
        {group: int(number) for group, number in tx.execute(in_group.group_by(group_contact.c.group_id))},
        int(tx.execute(contacts).scalar_one()),
    )
