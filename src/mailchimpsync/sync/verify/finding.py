"""Finds differences, with both sides put side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mailchimpsync.model import Connection
from mailchimpsync.store import Store
from mailchimpsync.store.verify import comparison
from mailchimpsync.store.verify.comparison import SubscribedMember
from mailchimpsync.sync.verify.difference import Difference, Kind


def find_differences(
    scratch: Store,
    connection: Connection,
    *,
    members: Collection[str] | None = None,
    contacts: Collection[int] | None = None,
) -> Iterator[list[Difference]]:
    """Yield all differences, or those of given members and contacts, a few thousand at a time."""
    after = ""
    while True:
        with scratch.begin() as tx:
            found = comparison.subscribed_members(tx, after, members)
        if not found:
            break
        after = found[-1].member_id
        yield [difference for row in found for difference in _difference_of_member(connection, row)]
    last = 0
    while True:
        with scratch.begin() as tx:
            without = comparison.contacts_without_member(tx, connection.group_id, last, contacts)
        if not without:
            break
        last = without[-1].contact_id
        yield [Difference(Kind.NOT_SUBSCRIBED, **row._asdict()) for row in without]


def _difference_of_member(connection: Connection, row: SubscribedMember) -> Iterator[Difference]:
    groups = {int(group) for group in (row.groups or "").split(",") if group}
    about = (row.owner, row.member_id, row.address, row.status, row.changed_at)
    if connection.group_id not in groups:
        yield Difference(Kind.NOT_IN_GROUP, *about)
        return
    if row.is_linked:
        yield Difference(Kind.OTHER_ADDRESS, *about)
    for interest, group in connection.interests.items():
        ticked = row.interests.get(interest)
        if ticked is not None and ticked != (group in groups):
            kind = Kind.TICKED if ticked else Kind.NOT_TICKED
            yield Difference(kind, *about, interest=interest, group_id=group)
