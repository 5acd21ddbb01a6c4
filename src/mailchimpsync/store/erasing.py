"""Everything we keep about an address, to be purged: rows, updates, plans, events, findings, the journal's values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, delete, func, null, or_, select, type_coerce, update

from mailchimpsync.model import member_id_of, normalise_address
from mailchimpsync.store.chain import PERSONAL_FIELDS, minimised
from mailchimpsync.store.dialect import update_by_id
from mailchimpsync.store.members import is_in_flight
from mailchimpsync.store.schema import (
    cache,
    campaign,
    campaign_recipient,
    event,
    journal,
    journal_chain,
    kept_change,
    kept_plan,
    verification,
)
from mailchimpsync.store.schema import update as update_table

ENTRIES_PER_STEP = 1_000


@dataclass(frozen=True, slots=True)
class Traces:
    """What leads to an address in one audience: its rows, the contacts they belong to, its member ids."""

    list_id: str
    address: str
    row_ids: tuple[int, ...]
    contact_ids: tuple[int, ...]
    member_ids: tuple[str, ...]
    in_flight: bool


def traces(tx: Connection, list_id: str, address: str) -> Traces:
    """Return what leads to an address in an audience."""
    address = normalise_address(address)
    by_hash = member_id_of(address)
    is_it = or_(cache.c.identity == f"m:{by_hash}", func.lower(cache.c.mailchimp_email) == address)
    columns = (cache.c.id, cache.c.civicrm_contact_id, cache.c.mailchimp_member_id, is_in_flight().label("in_flight"))
    rows = tx.execute(select(*columns).where(cache.c.mailchimp_list_id == list_id, is_it)).all()
    members = dict.fromkeys([by_hash, *(row.mailchimp_member_id for row in rows if row.mailchimp_member_id)])
    contacts = dict.fromkeys(row.civicrm_contact_id for row in rows if row.civicrm_contact_id is not None)
    in_flight = any(row.in_flight for row in rows)
    return Traces(list_id, address, tuple(row.id for row in rows), tuple(contacts), tuple(members), in_flight)


def purge(tx: Connection, found: Traces) -> dict[str, int]:
    """Delete everything about an address but the journal; return how much, by kind. Repeating it does no harm."""
    gone = {
        "plans": _purge_plans(tx, found),
        "events": _purge_events(tx, found),
        "findings": _purge_findings(tx, found),
        "updates": _purge_updates(tx, found),
        "campaigns": _purge_recipients(tx, found),
    }
    gone["rows"] = tx.execute(delete(cache).where(cache.c.id.in_(found.row_ids))).rowcount
    for column in (cache.c.civicrm_address, cache.c.new_address):
        noted = cache.c.mailchimp_list_id == found.list_id, func.lower(column) == found.address
        tx.execute(update(cache).where(*noted).values({column: null()}))
    return gone


def _purge_plans(tx: Connection, found: Traces) -> int:
    """What a plan wanted for the address is out of it; whoever approves the plan approves the rest."""
    mine = select(kept_plan.c.id).where(kept_plan.c.list_id == found.list_id)
    about = or_(
        func.lower(kept_change.c.address) == found.address,
        kept_change.c.member_id.in_(found.member_ids),
        kept_change.c.identity.in_([f"m:{key}" for key in found.member_ids]),
        _mentions(kept_change.c.member_update, found.address),
    )
    return tx.execute(delete(kept_change).where(kept_change.c.plan_id.in_(mine), about)).rowcount


def _purge_events(tx: Connection, found: Traces) -> int:
    about = or_(event.c.member_key.in_(found.member_ids), event.c.other_key.in_(found.member_ids))
    return tx.execute(delete(event).where(event.c.list_id == found.list_id, about)).rowcount


def _purge_findings(tx: Connection, found: Traces) -> int:
    """Take the address out of what verifications have found."""
    kept = verification.c.differences.is_not(None), verification.c.list_id == found.list_id
    number = 0
    for row in tx.execute(select(verification.c.id, verification.c.differences).where(*kept)).all():
        others = [one for one in row.differences or () if not _is_about(one, found)]
        number += len(row.differences or ()) - len(others)
        if len(others) < len(row.differences or ()):
            tx.execute(update(verification).where(verification.c.id == row.id).values(differences=others))
    return number


def _is_about(difference: Mapping[str, Any], found: Traces) -> bool:
    address = difference.get("address")
    return difference.get("member_id") in found.member_ids or (
        address is not None and normalise_address(address) == found.address
    )


def _purge_updates(tx: Connection, found: Traces) -> int:
    """Delete the bodies of updates to the address, also of rows that are another address's, or a contact's, by now."""
    theirs = cache.c.mailchimp_list_id == found.list_id, cache.c.civicrm_contact_id.in_(found.contact_ids)
    of_contacts = select(cache.c.id).where(*theirs)
    rows = or_(
        update_table.c.mailchimpsync_cache_id.in_(found.row_ids),
        and_(
            update_table.c.mailchimpsync_cache_id.in_(of_contacts),
            or_(_mentions(update_table.c.data, found.address), _mentions(update_table.c.attempt, found.address)),
        ),
    )
    refused = _mentions(cache.c.refusal, found.address)
    tx.execute(update(cache).where(*theirs, refused).values(refusal=null(), reason_detail=null()))
    return tx.execute(delete(update_table).where(rows)).rowcount


def _purge_recipients(tx: Connection, found: Traces) -> int:
    """Whom a campaign went to, and who had no contact then, is waited for no longer."""
    campaigns = select(campaign.c.id).where(campaign.c.list_id == found.list_id)
    about = campaign_recipient.c.campaign_key.in_(campaigns), campaign_recipient.c.member_id.in_(found.member_ids)
    return tx.execute(delete(campaign_recipient).where(*about)).rowcount


def _mentions(column: ColumnElement[Any], address: str) -> ColumnElement[bool]:
    """Say whether a JSON text has an address in it; letters that JSON escapes are looked for as they are kept."""
    return func.lower(type_coerce(column, Text)).contains(f'"{address}"', autoescape=True)


def purge_journal(tx: Connection, found: Traces, *, seal: str, digests: Collection[str], now: datetime) -> int:
    """Replace what the journal says of an address by digests that nobody can find again; return of how many entries.

    The chain holds as before: the entries are sealed with `seal`. `digests` are what stood for the member already, in
    old entries. Entries of rows that are gone are found by member.
    """
    about = or_(
        journal.c.member_id.in_([*found.member_ids, *digests]),
        journal.c.cache_id.in_(found.row_ids),
        and_(
            journal.c.field.in_(PERSONAL_FIELDS),
            or_(func.lower(journal.c.old) == found.address, func.lower(journal.c.new) == found.address),
        ),
    )
    throwaway, number, after = token_hex(32), 0, 0
    while True:
        query = select(journal).where(journal.c.list_id == found.list_id, about, journal.c.id > after)
        some = [dict(one) for one in tx.execute(query.order_by(journal.c.id).limit(ENTRIES_PER_STEP)).mappings()]
        if not some:
            return number
        after = some[-1]["id"]
        update_by_id(tx, journal, [minimised(one, seal, now, digest_key=throwaway) for one in some])
        number += len(some)


def audiences(tx: Connection) -> Sequence[str]:
    """Return the audiences that anything is kept of, connected or not."""
    columns = (cache.c.mailchimp_list_id, event.c.list_id, kept_plan.c.list_id, journal_chain.c.list_id)
    known: set[str] = set()
    for column in columns:
        known.update(tx.execute(select(column).distinct()).scalars())
    return sorted(known)
