"""What our own rows say of the members and contacts of a comparison."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, exists, or_, select

from mailchimpsync.model import full_name
from mailchimpsync.store.engine.dialect import ROWS_PER_STATEMENT
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, update


class OwnRow(NamedTuple):
    """What one of our rows says of a member or a contact."""

    mailchimp_member_id: str | None
    civicrm_contact_id: int | None
    mailchimp_data: Mapping[str, str] | None
    civicrm_name: str | None
    mailchimp_status: str | None
    sync_status: str
    reason: str | None
    recheck: bool
    has_open_update: bool

    @property
    def name(self) -> str:
        """The person's name, "" if it isn't known."""
        return full_name(self.mailchimp_data, self.civicrm_name)


def contacts_of_members(tx: Connection, list_id: str, member_ids: Sequence[str]) -> dict[str, int]:
    """Return the contacts our rows have for members, by member id."""
    found: dict[str, int] = {}
    for start in range(0, len(member_ids), ROWS_PER_STATEMENT):
        identities = [f"m:{key}" for key in member_ids[start : start + ROWS_PER_STATEMENT]]
        query = select(cache.c.mailchimp_member_id, cache.c.civicrm_contact_id).where(
            cache.c.mailchimp_list_id == list_id,
            cache.c.identity.in_(identities),
            cache.c.mailchimp_member_id.is_not(None),
            cache.c.civicrm_contact_id.is_not(None),
        )
        found.update({row.mailchimp_member_id: row.civicrm_contact_id for row in tx.execute(query)})
    return found


def rows_about(
    tx: Connection, list_id: str, member_ids: Collection[str], contacts: Collection[int]
) -> Sequence[OwnRow]:
    """Return the rows of members and of contacts, with whether an update of theirs is open."""
    is_open = exists().where(update.c.open_row == cache.c.id)
    about = or_(
        cache.c.identity.in_([f"m:{key}" for key in member_ids]), cache.c.civicrm_contact_id.in_(list(contacts))
    )
    query = select_as(OwnRow, cache, has_open_update=is_open).where(cache.c.mailchimp_list_id == list_id, about)
    return fetch(tx, OwnRow, query)
