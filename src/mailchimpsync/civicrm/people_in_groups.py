"""Who is in a group of any kind now, smart ones too, as CiviCRM's own searches find it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter

from mailchimpsync.civicrm.checks.site import Group, groups_like
from mailchimpsync.civicrm.http.client import CivicrmClient, Envelope
from mailchimpsync.civicrm.http.paging import Row, pages
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import say


class _Contact(Row):
    pass


_CONTACTS = TypeAdapter(Envelope[_Contact])


def group_called(client: CivicrmClient, given: str) -> Group:
    """Return the group with this number, or else with this title, of which there is one; it may be of any kind.

    Raises:
        UsageError: CiviCRM shows no such group.
        TransientError, AccessError: CiviCRM can't be asked.
    """
    found = groups_like(client, given)
    if not found:
        raise UsageError(say("CiviCRM shows no group “%(group)s”.", group=given))
    return next((one for one in found if str(one.id) == given), found[0])


def contacts_in_group(client: CivicrmClient, group_id: int) -> Iterator[list[int]]:
    """Yield the contacts that a search for the group finds, not in the trash, in the order of their ids.

    CiviCRM refreshes a smart group whose own list is old.
    """
    for rows in pages(client, "Contact", _Contact, _CONTACTS, [["groups", "IN", [group_id]]]):
        yield [row["id"] for row in rows]
