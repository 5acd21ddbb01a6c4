"""One person, in several audiences: their rows, and the plans that would change something for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, Text, func, or_, select, type_coerce

from mailchimpsync.addresses import normalise_address, spellings
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.engine.patterns import NO_ESCAPE, contains_text
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, change, kept_plan

ROWS_MAX = 200
"""How many of a person's rows, and of the plans waiting for them, are returned."""


class PersonRow(NamedTuple):
    """What one row says of a person."""

    id: int
    mailchimp_list_id: str
    identity: str
    mailchimp_member_id: str | None
    mailchimp_email: str | None
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    mailchimp_interests: Mapping[str, bool] | None
    civicrm_contact_id: int | None
    departed_contact_id: int | None
    marks: str | None
    contact_problem: str | None
    civicrm_address: str | None
    new_address: str | None
    sync_status: str
    reason: str | None
    reason_detail: str | None
    base_subscribed: bool | None


class NamedMember(NamedTuple):
    """A member with an address, a name and perhaps a contact."""

    civicrm_contact_id: int | None
    mailchimp_email: str
    mailchimp_data: Mapping[str, str] | None


def rows_of(
    tx: Connection,
    audiences: Collection[str],
    *,
    ids: Collection[int] = (),
    contact_ids: Collection[int] = (),
    member_ids: Collection[str] = (),
    address: str | None = None,
) -> dict[int, PersonRow]:
    """Return rows with one of these ids, contacts, members, or this address, by id.

    Every row is searched for an address only if no member has the id derived from it, as with very old members.
    """
    identities = [f"m:{key}" for key in member_ids]
    here = cache.c.mailchimp_list_id.in_(audiences)
    found: dict[int, PersonRow] = {}
    for values, condition in (
        (ids, cache.c.id.in_(ids)),
        (contact_ids, cache.c.civicrm_contact_id.in_(contact_ids)),
        (identities, cache.c.identity.in_(identities)),
    ):
        if values:
            found |= _rows(tx, here, condition)
    if address is not None and not any(
        normalise_address(row.mailchimp_email or "") == address for row in found.values()
    ):
        found |= _rows(tx, here, func.lower(cache.c.mailchimp_email).in_(spellings([address])))
    return found


def _rows(tx: Connection, *conditions: ColumnElement[bool]) -> dict[int, PersonRow]:
    query = select_as(PersonRow, cache).where(*conditions).order_by(cache.c.id).limit(ROWS_MAX)
    return {row.id: row for row in fetch(tx, PersonRow, query)}


def rows_like(tx: Connection, audiences: Collection[str], part: str, limit: int) -> Sequence[NamedMember]:
    """Return some rows of members with a part in their address or name; reads all rows where few have it."""
    pattern = contains_text(part)
    names = type_coerce(cache.c.mailchimp_data, Text)
    query = select_as(NamedMember, cache).where(
        cache.c.mailchimp_list_id.in_(audiences),
        cache.c.mailchimp_email.is_not(None),
        or_(cache.c.mailchimp_email.ilike(pattern, escape=NO_ESCAPE), names.ilike(pattern, escape=NO_ESCAPE)),
    )
    return fetch(tx, NamedMember, query.limit(limit))


def mailchimp_contacts(tx: Connection, list_id: str, identities: Collection[str]) -> dict[str, str]:
    """Return Mailchimp's own contact ids of members, by member id, where it is known."""
    query = select(cache.c.mailchimp_member_id, cache.c.mailchimp_contact_id).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.identity.in_(identities),
        cache.c.mailchimp_contact_id.is_not(None),
    )
    return {row.mailchimp_member_id: row.mailchimp_contact_id for row in tx.execute(query)}


def waiting_changes(tx: Connection, list_id: str, identities: Collection[str]) -> Sequence[RowMapping]:
    """Return the changes that unfinished plans would make in rows with these identities, with the plans."""
    waiting = kept_plan.c.list_id == list_id, kept_plan.c.state.in_((PlanState.OPEN.value, PlanState.APPROVED.value))
    about = (kept_plan.c.kind, kept_plan.c.state, kept_plan.c.made_by, kept_plan.c.made_at, kept_plan.c.expires_at)
    query = (
        select(change, *about)
        .join(kept_plan, kept_plan.c.id == change.c.plan_id)
        .where(*waiting, change.c.identity.in_(identities))
        .order_by(change.c.id)
    )
    return tx.execute(query.limit(ROWS_MAX)).mappings().all()
