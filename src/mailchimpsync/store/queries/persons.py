"""One person, in several audiences: their rows, and the plans that would change something for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, Text, func, or_, select, type_coerce

from mailchimpsync.addresses import normalise_address, spellings
from mailchimpsync.model import full_name
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
    mailchimp_data: Mapping[str, str] | None
    civicrm_name: str | None
    civicrm_address: str | None
    new_address: str | None
    sync_status: str
    reason: str | None
    reason_detail: str | None
    base_subscribed: bool | None

    @property
    def name(self) -> str:
        """The person's name, "" if it isn't known."""
        return full_name(self.mailchimp_data, self.civicrm_name)


class NamedPerson(NamedTuple):
    """A row by which a person is known: their name, address, contact and member."""

    id: int
    civicrm_contact_id: int | None
    mailchimp_member_id: str | None
    mailchimp_contact_id: str | None
    mailchimp_email: str | None
    mailchimp_data: Mapping[str, str] | None
    civicrm_name: str | None
    civicrm_address: str | None

    @property
    def name(self) -> str:
        """The person's name, "" if it isn't known."""
        return full_name(self.mailchimp_data, self.civicrm_name)

    @property
    def address(self) -> str | None:
        """The address at Mailchimp, else the contact's."""
        return self.mailchimp_email or self.civicrm_address


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


def rows_like(tx: Connection, audiences: Collection[str], part: str, limit: int) -> Sequence[NamedPerson]:
    """Return some rows of people with a part in their address or name; reads all rows where few have it."""
    pattern = contains_text(part)
    names = type_coerce(cache.c.mailchimp_data, Text)
    query = select_as(NamedPerson, cache).where(
        cache.c.mailchimp_list_id.in_(audiences),
        or_(cache.c.mailchimp_email.is_not(None), cache.c.civicrm_contact_id.is_not(None)),
        or_(*(one.ilike(pattern, escape=NO_ESCAPE) for one in (cache.c.mailchimp_email, names, cache.c.civicrm_name))),
    )
    return fetch(tx, NamedPerson, query.limit(limit))


def people_of_rows(tx: Connection, row_ids: Collection[int]) -> dict[int, NamedPerson]:
    """Return the people of rows, by row id."""
    query = select_as(NamedPerson, cache).where(cache.c.id.in_(row_ids))
    return {row.id: row for row in fetch(tx, NamedPerson, query)} if row_ids else {}


def named_people(
    tx: Connection, list_id: str, contact_ids: Collection[int], member_ids: Collection[str]
) -> list[NamedPerson]:
    """Return the rows of an audience with one of these contacts or members."""
    here = cache.c.mailchimp_list_id == list_id
    found: dict[int, NamedPerson] = {}
    identities = [f"m:{member}" for member in member_ids]
    for values, condition in (
        (contact_ids, cache.c.civicrm_contact_id.in_(contact_ids)),
        (identities, cache.c.identity.in_(identities)),
    ):
        if values:
            query = select_as(NamedPerson, cache).where(here, condition).order_by(cache.c.id)
            found |= {row.id: row for row in fetch(tx, NamedPerson, query)}
    return list(found.values())


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
