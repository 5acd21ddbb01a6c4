"""Which contact owns which cache row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, null, or_, select, true, update

from mailchimpsync.addresses import spellings
from mailchimpsync.errors import Code
from mailchimpsync.model import MemberStatus, SyncStatus
from mailchimpsync.store.cache.contact_facts import (
    columns_for_owner,
    columns_without_owner,
    pending_corrections,
)
from mailchimpsync.store.cache.members import due, is_due_or_in_flight, is_in_flight, make_due
from mailchimpsync.store.engine.dialect import any_of, update_by_id
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache

NO_DEPARTURES: Mapping[int, str] = {}
NO_ADDRESSES: Mapping[int, str] = {}
NO_FLAGS: Mapping[int, str | None] = {}


_FACTS_OF_NEW_OWNER = frozenset({"civicrm_contact_id", "marks", "civicrm_address"})
"""The columns that `set_contacts` sets for each row; the other facts of a contact aren't known yet."""


class OwnedRow(NamedTuple):
    """A row with its contact's flags."""

    id: int
    civicrm_contact_id: int
    mailchimp_email: str | None
    marks: str | None


class OwnedMember(NamedTuple):
    """A member's row with its contact's best address and, until Mailchimp has it, the new one."""

    id: int
    civicrm_contact_id: int
    mailchimp_email: str | None
    mailchimp_status: str | None
    civicrm_address: str | None
    new_address: str | None


class UnownedRow(NamedTuple):
    """A row that has an address and no contact."""

    id: int
    mailchimp_email: str
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    departed_contact_id: int | None


class ContactFlags(NamedTuple):
    """The flags of a contact, and those it inherited from contacts that were merged into it."""

    civicrm_contact_id: int
    marks: str | None
    inherited: str | None


class _RowOfGoneContact(NamedTuple):
    """A row of a contact that is gone, with what stays true without it."""

    id: int
    civicrm_contact_id: int
    inherited: str | None
    inherited_at: datetime | None
    names_before: Mapping[str, str] | None
    address_before: str | None
    hold_reason: str | None


class _RowToAssign(NamedTuple):
    """A row that gets a contact, with what stays true if that one had left it."""

    id: int
    departed_contact_id: int | None
    inherited: str | None
    inherited_at: datetime | None


def contact_ids_after(tx: Connection, list_id: str, after: int, limit: int) -> list[int]:
    """Return the next contact ids that own rows, in ascending order."""
    query = (
        select(cache.c.civicrm_contact_id)
        .where(cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id > after)
        .distinct()
        .order_by(cache.c.civicrm_contact_id)
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def owners_among(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> list[int]:
    """Return those of the contacts that own a row."""
    query = select(cache.c.civicrm_contact_id).where(
        cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.civicrm_contact_id, contact_ids)
    )
    return list(tx.execute(query.distinct()).scalars())


def contacts_refused(tx: Connection, list_id: str) -> list[int]:
    """Return the contacts that CiviCRM last refused to change."""
    query = select(cache.c.civicrm_contact_id).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.sync_status.in_((SyncStatus.FAIL.value, SyncStatus.TODO.value)),
        cache.c.reason == Code.CV_CHANGE_REFUSED.value,
    )
    return sorted({contact for contact in tx.execute(query).scalars() if contact is not None})


def replace_contacts(
    tx: Connection,
    list_id: str,
    replaced: Mapping[int, int | None],
    gone_as: Mapping[int, str] = NO_DEPARTURES,
    kept: Collection[int] = (),
) -> int:
    """Give the rows of contacts that are gone to those they were merged into, or release them; return how many.

    `gone_as` says how contacts went that weren't merged: `trashed`, or `deleted`. Rows without a member are deleted:
    they only stood for the contact. Those of `kept` contacts stay, because of their contact's flags.
    """
    ours = and_(cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id.in_(list(replaced)))
    only_civicrm = cache.c.mailchimp_member_id.is_(None) & ~is_in_flight()
    tx.execute(delete(cache).where(ours, only_civicrm, cache.c.civicrm_contact_id.not_in(list(kept))))
    rows = fetch(tx, _RowOfGoneContact, select_as(_RowOfGoneContact, cache).where(ours))
    update_by_id(tx, cache, [{"id": row.id, **_replaced_row(row, replaced, gone_as)} for row in rows])
    make_due(tx, cache.c.id.in_([row.id for row in rows]))
    return len(rows)


def _replaced_row(
    row: _RowOfGoneContact, replaced: Mapping[int, int | None], gone_as: Mapping[int, str]
) -> dict[str, Any]:
    contact = row.civicrm_contact_id
    successor = replaced[contact]
    if successor is not None:
        return columns_for_owner(successor, departed_contact_id=contact, **pending_corrections(row))
    return columns_for_owner(
        None, departed_contact_id=contact, marks=gone_as.get(contact), **columns_without_owner(row)
    )


def known_flags(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> Sequence[ContactFlags]:
    """Return the flags that the rows of contacts have or inherited."""
    conditions = cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.civicrm_contact_id, contact_ids)
    marked = or_(cache.c.inherited.is_not(None), cache.c.marks.is_not(None))
    return fetch(tx, ContactFlags, select_as(ContactFlags, cache).where(*conditions, marked).distinct())


def record_inherited_flags(tx: Connection, list_id: str, flags: Mapping[int, str], now: datetime) -> None:
    """Record, on all rows of contacts, the flags of those merged into them; the rows are due."""
    for contact, text in flags.items():  # merges of flagged contacts are few
        conditions = cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id == contact
        tx.execute(update(cache).where(*conditions).values({**dict(due()), "inherited": text, "inherited_at": now}))


def record_flags(tx: Connection, list_id: str, contact_ids: Sequence[int], flags: Mapping[int, str]) -> int:
    """Record the flags of contacts, none for those without an entry; changed rows are due. Return how many."""
    by_flags: dict[str | None, list[int]] = {}
    for contact in contact_ids:
        by_flags.setdefault(flags.get(contact), []).append(contact)
    changed = 0
    for text, some in by_flags.items():
        conditions = cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.civicrm_contact_id, some)
        other = cache.c.marks.is_distinct_from(text)
        changed += tx.execute(update(cache).where(*conditions, other).values({**dict(due()), "marks": text})).rowcount
    return changed


def record_problem(tx: Connection, list_id: str, contact_ids: Sequence[int], problem: str) -> int:
    """Record on the rows of contacts why nothing certain is known of them; changed rows are due. Return how many."""
    changed = 0
    for start in range(0, len(contact_ids), 5_000):
        some = any_of(tx, cache.c.civicrm_contact_id, contact_ids[start:][:5_000])
        other = cache.c.contact_problem.is_distinct_from(problem)
        affected = update(cache).where(cache.c.mailchimp_list_id == list_id, some, other)
        noted = affected.values({**dict(due()), "contact_problem": problem})
        changed += tx.execute(noted).rowcount
    return changed


def clear_problems(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> None:
    """Record that contacts exist and can be read; rows where that wasn't known are due."""
    conditions = cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.civicrm_contact_id, contact_ids)
    had_one = cache.c.contact_problem.is_not(None)
    tx.execute(update(cache).where(*conditions, had_one).values({**dict(due()), "contact_problem": null()}))


def contacts_with_problems(tx: Connection, list_id: str, limit: int) -> list[int]:
    """Return some contacts about which nothing certain is known, in ascending order."""
    query = select(cache.c.civicrm_contact_id).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.sync_status.in_((SyncStatus.FAIL.value, SyncStatus.TODO.value)),
        cache.c.contact_problem.is_not(None),
        cache.c.civicrm_contact_id.is_not(None),
    )
    return sorted(tx.execute(query.distinct().limit(limit)).scalars())


def highest_contact_id(tx: Connection, list_id: str) -> int:
    """Return the highest contact id that owns a row; 0: none does."""
    query = select(func.max(cache.c.civicrm_contact_id)).where(cache.c.mailchimp_list_id == list_id)
    return tx.execute(query).scalar_one() or 0


def rows_of_contacts(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> Sequence[OwnedRow]:
    """Return the rows of contacts."""
    conditions = cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.civicrm_contact_id, contact_ids)
    return fetch(tx, OwnedRow, select_as(OwnedRow, cache).where(*conditions))


def members_of_contacts(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> Sequence[OwnedMember]:
    """Return the rows of contacts' members."""
    conditions = cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.civicrm_contact_id, contact_ids)
    query = select_as(OwnedMember, cache).where(*conditions, cache.c.mailchimp_member_id.is_not(None))
    return fetch(tx, OwnedMember, query)


def set_addresses(tx: Connection, noted: Mapping[int, Mapping[str, str | None]], due_ids: Sequence[int]) -> None:
    """Record contacts' best addresses and their members' new ones, by row id; make rows due."""
    update_by_id(tx, cache, [{"id": row_id, **values} for row_id, values in noted.items()])
    if due_ids:
        make_due(tx, any_of(tx, cache.c.id, due_ids))


def make_replaced_rows_due(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> int:
    """Make rows of contacts due that are still asked at an address they no longer have; return how many."""
    return make_due(
        tx,
        cache.c.mailchimp_list_id == list_id,
        any_of(tx, cache.c.civicrm_contact_id, contact_ids),
        cache.c.mailchimp_status == MemberStatus.PENDING.value,
        cache.c.new_address.is_not(None),
    )


def make_unmatched_rows_due(tx: Connection, list_id: str) -> int:
    """Make unowned rows due because a record that may be their owner's can't be read; return how many."""
    nobody = cache.c.civicrm_contact_id.is_(None), cache.c.contact_problem.is_not(None)
    return make_due(tx, cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.FAIL.value, *nobody)


def delete_rows_without_member(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> None:
    """Delete the rows of contacts without a member; those in flight stay."""
    conditions = cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.civicrm_contact_id, contact_ids)
    tx.execute(delete(cache).where(*conditions, cache.c.mailchimp_member_id.is_(None), ~is_in_flight()))


def set_problem(tx: Connection, row_ids: Sequence[int], problem: str | None) -> None:
    """Record why it isn't known who owns unowned rows; None: it is known."""
    other = cache.c.contact_problem.is_distinct_from(problem)
    tx.execute(update(cache).where(any_of(tx, cache.c.id, row_ids), other).values(contact_problem=problem))


def set_flags(tx: Connection, flags: Mapping[int, str | None]) -> None:
    """Record the flags of rows, by row id, and make them due."""
    update_by_id(tx, cache, [{"id": row_id, "marks": text} for row_id, text in flags.items()])
    make_due(tx, any_of(tx, cache.c.id, list(flags)))


def make_failed_rows_due(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> int:
    """Make the failed rows of edited contacts due: the edit may have fixed them."""
    return make_due(
        tx,
        cache.c.mailchimp_list_id == list_id,
        any_of(tx, cache.c.civicrm_contact_id, contact_ids),
        cache.c.sync_status == SyncStatus.FAIL.value,
    )


def make_unowned_rows_due(tx: Connection, list_id: str, addresses: Sequence[str]) -> int:
    """Make the rows without contact that have one of the addresses due."""
    return make_due(
        tx,
        cache.c.mailchimp_list_id == list_id,
        cache.c.civicrm_contact_id.is_(None),
        func.lower(cache.c.mailchimp_email).in_(spellings(addresses)),
    )


def unowned_rows(tx: Connection, list_id: str, after: int, limit: int) -> Sequence[UnownedRow]:
    """Return the next due rows without contact, by id."""
    query = (
        select_as(UnownedRow, cache)
        .where(
            cache.c.mailchimp_list_id == list_id,
            is_due_or_in_flight(),
            or_(cache.c.sync_status == SyncStatus.TODO.value, cache.c.recheck),
            cache.c.civicrm_contact_id.is_(None),
            cache.c.mailchimp_email.is_not(None),
            cache.c.id > after,
        )
        .order_by(cache.c.id)
        .limit(limit)
    )
    return fetch(tx, UnownedRow, query)


def owners_of_rows(tx: Connection, row_ids: Sequence[int]) -> list[int]:
    """Return the contacts that own some rows, in ascending order."""
    contact = cache.c.civicrm_contact_id
    query = select(contact).where(any_of(tx, cache.c.id, row_ids), contact.is_not(None))
    return sorted(tx.execute(query.distinct()).scalars())


def unowned_among(tx: Connection, row_ids: Sequence[int]) -> Sequence[UnownedRow]:
    """Return which of the rows have an address and no contact."""
    query = select_as(UnownedRow, cache).where(
        any_of(tx, cache.c.id, row_ids), cache.c.civicrm_contact_id.is_(None), cache.c.mailchimp_email.is_not(None)
    )
    return fetch(tx, UnownedRow, query)


def set_contacts(
    tx: Connection,
    owners: Mapping[int, int],
    flags: Mapping[int, str | None] = NO_FLAGS,
    best: Mapping[int, str] = NO_ADDRESSES,
) -> None:
    """Give rows to contacts: contact id by row id; `flags` likewise, the contacts' flags.

    `best` has the best addresses by contact.
    """
    had_left = any_of(tx, cache.c.id, owners), cache.c.departed_contact_id.is_not(None)
    before = fetch(tx, _RowToAssign, select_as(_RowToAssign, cache).where(*had_left))
    rows = [
        {
            "id": row_id,
            "civicrm_contact_id": contact_id,
            "marks": flags.get(row_id),
            "civicrm_address": best.get(contact_id),
        }
        for row_id, contact_id in owners.items()
    ]
    unknown = columns_for_owner(None)
    update_by_id(tx, cache, rows, alike={name: unknown[name] for name in unknown.keys() - _FACTS_OF_NEW_OWNER})
    back = [row for row in before if row.departed_contact_id == owners[row.id]]
    update_by_id(tx, cache, [{"id": row.id, **columns_without_owner(row)} for row in back])


def release_rows(tx: Connection, row_ids: Sequence[int]) -> None:
    """Release rows from their contacts; they are unowned, and due."""
    update_by_id(tx, cache, [{"id": row_id, **columns_for_owner(None)} for row_id in row_ids])
    make_due(tx, any_of(tx, cache.c.id, row_ids))


def delete_redundant_rows(tx: Connection, list_id: str, contact_ids: Sequence[int] | None = None) -> int:
    """Delete rows that only stand for a contact, if a due row of the contact stands for a member.

    Of all contacts, or of some. A member that should get another address and can't be renamed doesn't count: the row
    stands for the member that will have it.
    """
    member = cache.alias("member")
    represented = select(member.c.civicrm_contact_id).where(
        member.c.mailchimp_list_id == list_id,
        is_due_or_in_flight(member.c),
        member.c.mailchimp_member_id.is_not(None),
        or_(member.c.new_address.is_(None), member.c.mailchimp_status == MemberStatus.SUBSCRIBED.value),
    )
    redundant = select(cache.c.id).where(
        cache.c.mailchimp_list_id == list_id,
        any_of(tx, cache.c.civicrm_contact_id, contact_ids) if contact_ids is not None else true(),
        cache.c.civicrm_contact_id.in_(represented),
        cache.c.mailchimp_member_id.is_(None),
        ~is_in_flight(),
    )
    ids = list(tx.execute(redundant).scalars())
    for start in range(0, len(ids), 1_000):
        tx.execute(delete(cache).where(cache.c.id.in_(ids[start : start + 1_000])))
    return len(ids)
