"""Cache rows as the decisions need them, and what the decisions write back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    or_,
    select,
    update,
)

from mailchimpsync.addresses import normalise_address, spellings
from mailchimpsync.errors import Code
from mailchimpsync.model import SyncStatus
from mailchimpsync.store.cache.contact_facts import PENDING_CORRECTIONS
from mailchimpsync.store.engine.dialect import Row, any_of, update_by_id
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, json_text


class RowToDecide(NamedTuple):
    """A row with everything decisions need."""

    id: int
    identity: str
    mailchimp_member_id: str | None
    mailchimp_email: str | None
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    mailchimp_status_by: str | None
    mailchimp_updated: datetime | None
    member_problem: str | None
    mailchimp_data: Mapping[str, str] | None
    mailchimp_interests: dict[str, bool] | None
    civicrm_contact_id: int | None
    departed_contact_id: int | None
    handed_from: int | None
    marks: str | None
    inherited: str | None
    inherited_at: datetime | None
    departure: str | None
    civicrm_name: str | None
    new_address: str | None
    names_before: Mapping[str, str] | None
    address_before: str | None
    hold_reason: str | None
    contact_problem: str | None
    sync_status: str
    reason: str | None
    reason_detail: str | None
    base_subscribed: bool | None
    base_interests: dict[str, bool] | None
    refusal: Mapping[str, Any] | None


class Sibling(NamedTuple):
    """A row of a contact that has more than one."""

    id: int
    civicrm_contact_id: int
    mailchimp_email: str | None
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    mailchimp_status_by: str | None
    mailchimp_interests: Mapping[str, bool] | None
    base_subscribed: bool | None
    departure: str | None
    departed_contact_id: int | None


class ReportedRow(NamedTuple):
    """What became of the row of a member that a webhook reported."""

    id: int
    civicrm_contact_id: int | None
    sync_status: str
    recheck: bool
    reason: str | None
    names_before: Mapping[str, str] | None
    address_before: str | None
    hold_reason: str | None


def has_corrections() -> ColumnElement[bool]:
    """Return the condition that a change at Mailchimp has to be carried out in CiviCRM."""
    return or_(*(cache.c[name].is_not(None) for name in PENDING_CORRECTIONS))


def any_needs_interests(tx: Connection, list_id: str) -> bool:
    """Return whether a due row stands for a contact that isn't a member yet, or was refused for an interest."""
    is_new = and_(cache.c.mailchimp_member_id.is_(None), cache.c.civicrm_contact_id.is_not(None))
    query = select(cache.c.id).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.sync_status == SyncStatus.TODO.value,
        or_(is_new, cache.c.reason == Code.MC_MAPPING_GONE.value),
    )
    return tx.execute(query.limit(1)).first() is not None


def rows_to_decide(tx: Connection, ids: Sequence[int]) -> Sequence[RowToDecide]:
    """Return rows by id, in order, with everything decisions need."""
    return fetch(tx, RowToDecide, select_as(RowToDecide, cache).where(any_of(tx, cache.c.id, ids)).order_by(cache.c.id))


def count_due(tx: Connection, list_id: str, after: int = 0) -> int:
    """Return how many rows are due after an id."""
    query = select(func.count()).where(
        cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.TODO.value, cache.c.id > after
    )
    return int(tx.execute(query).scalar_one())


def siblings(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> Sequence[Sibling]:
    """Return the rows of contacts that have more than one."""
    query = select_as(Sibling, cache).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.civicrm_contact_id.in_(_with_several_rows(tx, list_id, contact_ids)),
    )
    return fetch(tx, Sibling, query)


def contacts_with_several_rows(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> set[int]:
    """Return which of the contacts have more than one row."""
    return set(tx.execute(_with_several_rows(tx, list_id, contact_ids)).scalars())


def _with_several_rows(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> Select[int]:
    of_contacts = and_(cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.civicrm_contact_id, contact_ids))
    contact = cache.c.civicrm_contact_id
    return select(contact).where(of_contacts).group_by(contact).having(func.count() > 1)


def owners_of_identities(tx: Connection, list_id: str, identities: Sequence[str]) -> dict[str, int]:
    """Return the ids of the rows that have these identities."""
    query = select(cache.c.identity, cache.c.id).where(
        cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.identity, identities)
    )
    return {row.identity: row.id for row in tx.execute(query)}


def holders_of_addresses(tx: Connection, list_id: str, addresses: Sequence[str]) -> dict[str, int]:
    """Return the ids of the rows of members with these normalised addresses. Reads all rows: for few cases."""
    query = select(cache.c.mailchimp_email, cache.c.id).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.mailchimp_member_id.is_not(None),
        func.lower(cache.c.mailchimp_email).in_(spellings(addresses)),
    )
    return {normalise_address(row.mailchimp_email): row.id for row in tx.execute(query)}


def write_rows(tx: Connection, rows: Sequence[Row]) -> None:
    """Set columns of rows by id; rows may set different columns."""
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row), []).append(row)
    for same in by_columns.values():
        update_by_id(tx, cache, same)


def write_alike(tx: Connection, rows: Sequence[Row]) -> None:
    """Set columns of rows by id, for many rows with the same values: one statement for all that are alike."""
    classes: dict[str, tuple[dict[str, Any], list[int]]] = {}
    for row in rows:
        values = {column: value for column, value in row.items() if column != "id"}
        classes.setdefault(json_text(values), (values, []))[1].append(row["id"])
    for values, ids in classes.values():
        tx.execute(update(cache).where(any_of(tx, cache.c.id, ids)).values(values))


def reported_rows(tx: Connection, ids: Sequence[int]) -> dict[int, ReportedRow]:
    """Return the rows of members that a webhook reported, by id."""
    query = select_as(ReportedRow, cache).where(any_of(tx, cache.c.id, ids))
    return {row.id: row for row in fetch(tx, ReportedRow, query)}


def count_by_status(tx: Connection, list_id: str) -> dict[str, int]:
    """Return the number of rows by sync status."""
    query = (
        select(cache.c.sync_status, func.count())
        .where(cache.c.mailchimp_list_id == list_id)
        .group_by(cache.c.sync_status)
    )
    return {row.sync_status: int(row[1]) for row in tx.execute(query)}


def count_failures_by_reason(tx: Connection, list_id: str) -> dict[str, int]:
    """Return the number of failed rows by reason."""
    query = (
        select(cache.c.reason, func.count())
        .where(cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.FAIL.value)
        .group_by(cache.c.reason)
    )
    return {reason or "": number for reason, number in tx.execute(query)}
