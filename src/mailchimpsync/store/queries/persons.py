"""One person, in several audiences: their rows, and the plans that would change something for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Text, func, or_, select, type_coerce

from mailchimpsync.addresses import normalise_address, spellings
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.queries.filters import NO_ESCAPE, contains_text
from mailchimpsync.store.schema import cache, kept_change, kept_plan

ROWS_MAX = 200
"""How many of a person's rows, and of the plans waiting for them, are returned."""


def rows_of(
    tx: Connection,
    audiences: Collection[str],
    *,
    ids: Collection[int] = (),
    contact_ids: Collection[int] = (),
    member_ids: Collection[str] = (),
    address: str | None = None,
) -> dict[int, dict[str, Any]]:
    """Return rows with one of these ids, contacts, members, or this address, by id, with all columns.

    Every row is searched for an address only if no member has the id derived from it, as with very old members.
    """
    identities = [f"m:{key}" for key in member_ids]
    here = cache.c.mailchimp_list_id.in_(audiences)
    found: dict[int, dict[str, Any]] = {}
    for values, condition in (
        (ids, cache.c.id.in_(ids)),
        (contact_ids, cache.c.civicrm_contact_id.in_(contact_ids)),
        (identities, cache.c.identity.in_(identities)),
    ):
        if values:
            found |= _rows(tx, here, condition)
    if address is not None and not any(
        normalise_address(row["mailchimp_email"] or "") == address for row in found.values()
    ):
        found |= _rows(tx, here, func.lower(cache.c.mailchimp_email).in_(spellings([address])))
    return found


def _rows(tx: Connection, *conditions: ColumnElement[bool]) -> dict[int, dict[str, Any]]:
    query = select(cache).where(*conditions).order_by(cache.c.id).limit(ROWS_MAX)
    return {row["id"]: dict(row) for row in tx.execute(query).mappings()}


def rows_like(tx: Connection, audiences: Collection[str], part: str, limit: int) -> Sequence[RowMapping]:
    """Return some rows of members with a part in their address or name; reads all rows where few have it."""
    pattern = contains_text(part)
    names = type_coerce(cache.c.mailchimp_data, Text)
    columns = (cache.c.civicrm_contact_id, cache.c.mailchimp_email, cache.c.mailchimp_data)
    query = select(*columns).where(
        cache.c.mailchimp_list_id.in_(audiences),
        cache.c.mailchimp_email.is_not(None),
        or_(cache.c.mailchimp_email.ilike(pattern, escape=NO_ESCAPE), names.ilike(pattern, escape=NO_ESCAPE)),
    )
    return tx.execute(query.limit(limit)).mappings().all()


def waiting_changes(tx: Connection, list_id: str, identities: Collection[str]) -> Sequence[RowMapping]:
    """Return the changes that unfinished plans would make in rows with these identities, with the plans."""
    waiting = kept_plan.c.list_id == list_id, kept_plan.c.state.in_((PlanState.OPEN.value, PlanState.APPROVED.value))
    about = (kept_plan.c.kind, kept_plan.c.state, kept_plan.c.made_by, kept_plan.c.made_at, kept_plan.c.expires_at)
    query = (
        select(kept_change, *about)
        .join(kept_plan, kept_plan.c.id == kept_change.c.plan_id)
        .where(*waiting, kept_change.c.identity.in_(identities))
        .order_by(kept_change.c.id)
    )
    return tx.execute(query.limit(ROWS_MAX)).mappings().all()
