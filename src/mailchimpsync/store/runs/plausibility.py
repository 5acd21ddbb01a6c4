"""What is known of people a run doesn't find again: the queries behind the plausibility checks.

See docs/decisions/proof-before-removal.md.
"""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, case, delete, exists, func, select, type_coerce
from sqlalchemy import update as sql_update

from mailchimpsync.model import SUBSCRIBED_STATUSES, GroupStatus
from mailchimpsync.store.cache.contact_facts import columns_for_owner
from mailchimpsync.store.cache.contacts import contact_ids_after
from mailchimpsync.store.cache.members import is_in_flight
from mailchimpsync.store.schema import cache, group_contact, journal, log

NEIGHBOURS = 3
"""How many contacts are picked at one point of their range."""

_SUBSCRIBED = cache.c.mailchimp_status.in_(sorted(SUBSCRIBED_STATUSES))
_ADDED = group_contact.c.status == GroupStatus.ADDED.value


def has_subscribed_members(tx: Connection, list_id: str, run_id: int | None) -> bool:
    """Return whether anyone is subscribed at Mailchimp: of those a run has read, or of all known."""
    read = [cache.c.seen_run == run_id] if run_id is not None else []
    return _any(tx, exists().where(cache.c.mailchimp_list_id == list_id, _SUBSCRIBED, *read))


def has_group_members(tx: Connection, list_id: str, group_id: int, run_id: int | None) -> bool:
    """Return whether anyone is in a group in CiviCRM: of those a run has seen, or of all known."""
    seen = [group_contact.c.seen_run == run_id] if run_id is not None else []
    in_group = (group_contact.c.list_id == list_id, group_contact.c.group_id == group_id, _ADDED, *seen)
    return _any(tx, exists().where(*in_group))


def has_seen_group(tx: Connection, list_id: str, group_id: int, run_id: int) -> bool:
    """Return whether a run has seen anything of a group."""
    seen = (group_contact.c.list_id == list_id, group_contact.c.seen_run == run_id)
    return _any(tx, exists().where(*seen, group_contact.c.group_id == group_id))


def _any(tx: Connection, condition: ColumnElement[bool]) -> bool:
    return bool(tx.execute(select(condition)).scalar_one())


def count_agreed(tx: Connection, list_id: str, *, with_contact: bool = False, interest: str | None = None) -> int:
    """Return on how many people both sides agreed as subscribed, or with an interest; rows in flight don't count.

    People in flight may be leaving because of us. `with_contact`: only those with a contact in CiviCRM.
    """
    agreed: ColumnElement[bool] = cache.c.base_subscribed.is_(True)
    if interest is not None:
        agreed = type_coerce(cache.c.base_interests, Text).contains(f'"{interest}":true', autoescape=True)
    conditions = [cache.c.mailchimp_list_id == list_id, ~is_in_flight(), agreed]
    if with_contact:
        conditions.append(cache.c.civicrm_contact_id.is_not(None))
    return int(tx.execute(select(func.count()).select_from(cache).where(*conditions)).scalar_one())


def members_missing(tx: Connection, list_id: str, run_id: int) -> tuple[int, int]:
    """Return how many members were known before a full run, and how many of them it hasn't seen."""
    known = (
        cache.c.mailchimp_list_id == list_id,
        cache.c.mailchimp_member_id.is_not(None),
        cache.c.base_subscribed.is_not(None),  # a new row has no base
        ~is_in_flight(),
    )
    return _counts(tx, known, cache.c.seen_run.is_distinct_from(run_id))


def memberships_missing(tx: Connection, list_id: str, group_id: int, run_id: int) -> tuple[int, int]:
    """Return how many contacts were agreed to be in a group, and for how many a run found no trace in it."""
    known = (
        cache.c.mailchimp_list_id == list_id,
        cache.c.base_subscribed.is_(True),
        cache.c.civicrm_contact_id.is_not(None),
        ~is_in_flight(),
    )
    trace = exists().where(
        group_contact.c.list_id == list_id,
        group_contact.c.contact_id == cache.c.civicrm_contact_id,
        group_contact.c.group_id == group_id,
        group_contact.c.seen_run == run_id,
    )
    return _counts(tx, known, ~trace)


def _counts(tx: Connection, known: Any, missing: ColumnElement[bool]) -> tuple[int, int]:
    counts = select(func.count().label("known"), func.sum(case((missing, 1), else_=0)).label("missing"))
    found = tx.execute(counts.select_from(cache).where(*known)).one()
    return int(found.known), int(found.missing or 0)


def sample_owners(tx: Connection, list_id: str, number: int, chance: random.Random) -> list[int]:
    """Return about this many contacts that own rows: all, or random ones from the whole range of their ids."""
    first = contact_ids_after(tx, list_id, 0, number + 1)
    if len(first) <= number:
        return first
    owner = cache.c.civicrm_contact_id
    highest = tx.execute(select(func.max(owner)).where(cache.c.mailchimp_list_id == list_id)).scalar_one()
    places = [chance.randint(first[0], highest) for _ in range(number // NEIGHBOURS)]
    return sorted({contact for place in places for contact in contact_ids_after(tx, list_id, place - 1, NEIGHBOURS)})


def forget_owners(tx: Connection, list_id: str, after: int, to: int) -> None:
    """Forget which contacts own the rows after `after` up to `to`, by id; rows without a member are deleted.

    Rows in flight keep theirs until their result has come.
    """
    here = and_(cache.c.mailchimp_list_id == list_id, cache.c.id > after, cache.c.id <= to, ~is_in_flight())
    tx.execute(delete(cache).where(here, cache.c.mailchimp_member_id.is_(None)))
    tx.execute(sql_update(cache).where(here).values(columns_for_owner(None)))


def forget_group_states(tx: Connection, list_id: str) -> None:
    """Forget what CiviCRM said about group memberships."""
    tx.execute(delete(group_contact).where(group_contact.c.list_id == list_id))


def last_activity(tx: Connection, list_id: str) -> datetime | None:
    """Return when we last did something for a connection, by its log and its journal; None: never."""
    times = [
        tx.execute(select(table.c.time).where(table.c.list_id == list_id).order_by(table.c.id.desc()).limit(1)).scalar()
        for table in (log, journal)
    ]
    return max((time for time in times if time is not None), default=None)
