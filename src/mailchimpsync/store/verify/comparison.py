"""Both sides, side by side in a scratch database, for a comparison that doesn't rely on our own rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    cast,
    delete,
    exists,
    func,
    select,
)

from mailchimpsync.model import SUBSCRIBED_STATUSES
from mailchimpsync.runtime import temporary_directory
from mailchimpsync.store.engine.database import Store
from mailchimpsync.store.engine.dialect import Row, insert_rows, upsert
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import JsonText, UtcDateTime

ROWS_PER_STEP = 5_000
_metadata = MetaData()

member = Table(
    "member",
    _metadata,
    Column("member_id", String(32), primary_key=True),
    Column("reading", Integer),
    Column("address", String(255)),
    Column("status", String(20)),
    Column("changed_at", UtcDateTime),
    Column("interests", JsonText),
    Column("owner", BigInteger, index=True),
    Column("is_linked", Boolean, nullable=False, server_default="0"),  # the owner is known only from our own row
)

membership = Table(
    "membership",
    _metadata,
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)


class MemberAddress(NamedTuple):
    """A member's address."""

    member_id: str
    address: str


class SubscribedMember(NamedTuple):
    """A subscribed member; `groups`: those of the owner, `8,9`, or None."""

    member_id: str
    address: str | None
    status: str | None
    changed_at: datetime | None
    interests: Mapping[str, bool]
    owner: int | None
    is_linked: bool
    groups: str | None


class ContactWithoutMember(NamedTuple):
    """A contact in a group without a subscribed member, and a member that isn't subscribed, if it has one."""

    contact_id: int
    member_id: str | None
    address: str | None
    status: str | None
    changed_at: datetime | None


_subscribed = member.c.status.in_([status.value for status in SUBSCRIBED_STATUSES])


@contextmanager
def comparison() -> Iterator[Store]:
    """Open an empty store with the tables of a comparison, in a temporary file; it is deleted at the end."""
    with temporary_directory() as place:
        scratch = Store(f"sqlite:///{place / 'comparison.sqlite'}", is_temporary=True)
        try:
            with scratch.begin() as tx:
                _metadata.create_all(tx)
            yield scratch
        finally:
            scratch.close()


def put_members(tx: Connection, rows: Sequence[Row]) -> None:
    """Store members, each with every column but `owner` and `is_linked`; an existing member is overwritten."""
    upsert(tx, member, rows, keys=("member_id",))


def forget_reading(tx: Connection, reading: int) -> None:
    """Delete the members of a reading that restarts."""
    tx.execute(delete(member).where(member.c.reading == reading))


def forget_members(tx: Connection, member_ids: Collection[str]) -> None:
    """Delete members that no longer exist."""
    tx.execute(delete(member).where(member.c.member_id.in_(member_ids)))


def count_reading(tx: Connection, reading: int) -> int:
    """Return how many different members a reading brought."""
    return int(tx.execute(select(func.count()).where(member.c.reading == reading)).scalar_one())


def addresses_after(tx: Connection, after: str, limit: int = ROWS_PER_STEP) -> Sequence[MemberAddress]:
    """Return the addresses of the next members, by their id."""
    query = select_as(MemberAddress, member).where(member.c.member_id > after)
    return fetch(tx, MemberAddress, query.order_by(member.c.member_id).limit(limit))


def addresses_of(tx: Connection, member_ids: Collection[str]) -> Sequence[MemberAddress]:
    """Return the addresses of some members."""
    return fetch(tx, MemberAddress, select_as(MemberAddress, member).where(member.c.member_id.in_(member_ids)))


def set_owners(tx: Connection, owners: Sequence[tuple[str, int | None, bool]]) -> None:
    """Store the owners of members: (member id, contact or None, whether that is known only from our own row)."""
    found = [{"member_id": key, "owner": contact, "is_linked": linked} for key, contact, linked in owners]
    upsert(tx, member, found, keys=("member_id",))


def put_memberships(tx: Connection, rows: Iterable[tuple[int, int]]) -> None:
    """Store current memberships: (contact, group)."""
    found = [{"contact_id": contact, "group_id": group} for contact, group in rows]
    upsert(tx, membership, found, keys=("contact_id", "group_id"), assign=lambda old, _: [("group_id", old.group_id)])


def replace_memberships(tx: Connection, contacts: Collection[int], rows: Iterable[tuple[int, int]]) -> None:
    """Replace the stored memberships of some contacts."""
    tx.execute(delete(membership).where(membership.c.contact_id.in_(contacts)))
    found = {(contact, group) for contact, group in rows}
    insert_rows(tx, membership, [{"contact_id": contact, "group_id": group} for contact, group in sorted(found)])


def subscribed_members(
    tx: Connection, after: str, only: Collection[str] | None = None, limit: int = ROWS_PER_STEP
) -> Sequence[SubscribedMember]:
    """Return the next subscribed members, by their id, all or some."""
    groups = (
        select(func.aggregate_strings(cast(membership.c.group_id, String(20)), ","))
        .where(membership.c.contact_id == member.c.owner)
        .scalar_subquery()
    )
    query = select_as(SubscribedMember, member, groups=groups).where(_subscribed, member.c.member_id > after)
    if only is not None:
        query = query.where(member.c.member_id.in_(only))
    return fetch(tx, SubscribedMember, query.order_by(member.c.member_id).limit(limit))


def contacts_without_member(
    tx: Connection, group_id: int, after: int, only: Collection[int] | None = None, limit: int = ROWS_PER_STEP
) -> Sequence[ContactWithoutMember]:
    """Return the next contacts in a group without a subscribed member, with one that isn't subscribed, if any."""
    mine = member.c.owner == membership.c.contact_id
    other = select(func.min(member.c.member_id)).where(mine).scalar_subquery()
    contacts = select(membership.c.contact_id, other.label("member_id")).where(
        membership.c.group_id == group_id, membership.c.contact_id > after, ~exists().where(mine, _subscribed)
    )
    if only is not None:
        contacts = contacts.where(membership.c.contact_id.in_(only))
    some = contacts.order_by(membership.c.contact_id).limit(limit).subquery()
    query = select_as(ContactWithoutMember, some, member).outerjoin(member, member.c.member_id == some.c.member_id)
    return fetch(tx, ContactWithoutMember, query.order_by(some.c.contact_id))


def totals(tx: Connection, group_id: int) -> tuple[int, int, int]:
    """Return how many members there are, how many of those are subscribed, and how many contacts are in a group."""
    queries = (
        select(func.count()).select_from(member),
        select(func.count()).where(_subscribed),
        select(func.count()).where(membership.c.group_id == group_id),
    )
    members, subscribed, in_group = (int(tx.execute(query).scalar_one()) for query in queries)
    return members, subscribed, in_group


def owners_of_members(tx: Connection, member_ids: Collection[str]) -> set[int]:
    """Return the contacts who own some members."""
    query = select(member.c.owner).where(member.c.member_id.in_(member_ids), member.c.owner.is_not(None))
    return set(tx.execute(query).scalars())
