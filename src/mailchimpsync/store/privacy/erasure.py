"""Finds and purges everything about an address: rows, updates, plans, events, findings, journal values.

Each place is searched by the address and by the member's ids. A test puts the address into every text column of every
table, so that a new column is either purged or declared to hold no address.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    delete,
    func,
    null,
    or_,
    select,
    type_coerce,
    update,
)

from mailchimpsync.addresses import member_id_of, normalise_address, spellings
from mailchimpsync.effects import PERSONAL
from mailchimpsync.model import SyncStatus
from mailchimpsync.store.cache.members import is_in_flight
from mailchimpsync.store.changes.overtaking import may_still_be_done
from mailchimpsync.store.engine.dialect import update_by_id
from mailchimpsync.store.journal.chain import minimised
from mailchimpsync.store.schema import (
    accepted_person,
    cache,
    campaign,
    campaign_recipient,
    change,
    data,
    event,
    journal,
    journal_chain,
    json_text,
    kept_plan,
    log,
    verification,
)
from mailchimpsync.store.schema import update as update_table

ENTRIES_PER_STEP = 1_000
"""Rows read, or changed, by one statement."""

_BODIES = ("data", "attempt", "agreed", "error_response")
_CHANGE = ("identity", "member_id", "address", "name", "before", "member_update", "agreed", "note")
_NOTED = (
    "civicrm_address",
    "new_address",
    "address_before",
    "names_before",
    "civicrm_name",
    "refusal",
    "reason_detail",
)


@dataclass(frozen=True, slots=True)
class ErasureTraces:
    """Where an address appears in one audience: its rows, their contacts, its member ids.

    `other_row_ids` are rows of other members with an update in flight that mentions the address.
    """

    list_id: str
    address: str
    row_ids: tuple[int, ...]
    contact_ids: tuple[int, ...]
    member_ids: tuple[str, ...]
    in_flight: bool
    other_row_ids: tuple[int, ...] = ()

    @property
    def search_terms(self) -> tuple[str, ...]:
        """The search terms: the address, plain and as written in JSON, and the member ids, in lower case."""
        written = [one for spelt in spellings([self.address]) for one in (spelt, json_text(spelt)[1:-1])]
        return tuple(dict.fromkeys((*written, *(key.lower() for key in self.member_ids))))

    def appear_in(self, text: str | None) -> bool:
        """Return whether a text mentions them; an address that merely starts or ends the same is a different one."""
        return text is not None and any(re.search(_whole_word(one), text.lower()) for one in self.search_terms)


def _whole_word(needle: str) -> str:
    return rf"(?<![\w.%+~-]){re.escape(needle)}(?![\w-]|\.\w)"


def find_traces(tx: Connection, list_id: str, address: str) -> ErasureTraces:
    """Return where an address appears in an audience."""
    address = normalise_address(address)
    spelt = spellings([address])
    by_hash = [member_id_of(one) for one in spelt]
    identities = [f"m:{one}" for one in by_hash]
    is_it = or_(cache.c.identity.in_(identities), func.lower(cache.c.mailchimp_email).in_(spelt))
    columns = (cache.c.id, cache.c.civicrm_contact_id, cache.c.mailchimp_member_id, is_in_flight().label("in_flight"))
    rows = tx.execute(select(*columns).where(cache.c.mailchimp_list_id == list_id, is_it)).all()
    members = dict.fromkeys([*by_hash, *(row.mailchimp_member_id for row in rows if row.mailchimp_member_id)])
    contacts = dict.fromkeys(row.civicrm_contact_id for row in rows if row.civicrm_contact_id is not None)
    in_flight = any(row.in_flight for row in rows) or may_still_be_done(tx, [row.id for row in rows])
    found = ErasureTraces(list_id, address, tuple(row.id for row in rows), tuple(contacts), tuple(members), in_flight)
    return _with_other_rows(tx, found)


def _with_other_rows(tx: Connection, found: ErasureTraces) -> ErasureTraces:
    """Add the rows of other members whose open updates mention the address."""
    under_way = _in_audience(update_table.c.mailchimpsync_cache_id, found.list_id) & (update_table.c.completed == 0)
    ids = list(_mentioning(tx, update_table, "id", _BODIES, under_way, found))
    columns = (update_table.c.mailchimpsync_cache_id, update_table.c.mailchimpsync_batch_id)
    rows = [row for some in _steps(ids) for row in tx.execute(select(*columns).where(update_table.c.id.in_(some)))]
    others = dict.fromkeys(
        row.mailchimpsync_cache_id for row in rows if row.mailchimpsync_cache_id not in found.row_ids
    )
    sent = any(row.mailchimpsync_batch_id is not None for row in rows)
    return ErasureTraces(
        found.list_id,
        found.address,
        found.row_ids,
        found.contact_ids,
        found.member_ids,
        found.in_flight or sent,
        tuple(others),
    )


def purge(tx: Connection, found: ErasureTraces) -> dict[str, int]:
    """Delete everything about an address except the journal; return how much, by kind. It can be repeated."""
    mine = found.list_id
    of_plans = change.c.plan_id.in_(select(kept_plan.c.id).where(kept_plan.c.list_id == mine))
    planned = or_(of_plans, _in_audience(change.c.cache_id, mine))
    campaigns = select(campaign.c.id).where(campaign.c.list_id == mine)
    gone = {
        "plans": _delete(tx, change, _CHANGE, planned, found),
        "events": _delete(tx, event, ("member_key", "other_key", "data", "note"), event.c.list_id == mine, found),
        "findings": _purge_findings(tx, found),
        "updates": _purge_updates(tx, found),
        "campaigns": _delete(
            tx, campaign_recipient, ("member_id",), campaign_recipient.c.campaign_key.in_(campaigns), found
        ),
        "log": _delete(tx, log, ("message",), log.c.list_id == mine, found),
    }
    gone["rows"] = tx.execute(delete(cache).where(cache.c.id.in_(found.row_ids))).rowcount
    _purge_other_rows(tx, found)
    _purge_names(tx, found, planned)
    return gone


def _in_audience(column: ColumnElement[int], list_id: str) -> ColumnElement[bool]:
    return column.in_(select(cache.c.id).where(cache.c.mailchimp_list_id == list_id))


def _delete(
    tx: Connection, table: Table, columns: Sequence[str], where: ColumnElement[bool], found: ErasureTraces
) -> int:
    """Delete the rows of a table that mention the address; plans lose these changes and stay approved."""
    ids = list(_mentioning(tx, table, "id", columns, where, found))
    for some in _steps(ids):
        tx.execute(delete(table).where(table.c.id.in_(some)))
    return len(ids)


def _mentioning(
    tx: Connection, table: Table, key: str, columns: Sequence[str], where: ColumnElement[bool], found: ErasureTraces
) -> Iterator[int]:
    """Yield the keys of rows that mention the address; the database narrows them down where possible."""
    texts = [_text(table.c[name]).label(name) for name in columns]
    may = or_(
        *(func.lower(text).contains(_ascii(one), autoescape=True) for text in texts for one in found.search_terms)
    )
    query = select(table.c[key].label("key"), *texts).where(where, may)
    for row in tx.execute(query).mappings().all():
        if any(found.appear_in(row[name]) for name in columns):
            yield row["key"]


def _text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, Text)


def _ascii(needle: str) -> str:
    """Return the longest part that every database can lower-case."""
    return max(re.findall(r"[ -~]+", needle), key=len, default="")


def _steps(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), ENTRIES_PER_STEP):
        yield ids[start : start + ENTRIES_PER_STEP]


def _purge_findings(tx: Connection, found: ErasureTraces) -> int:
    """Remove the address from the findings of verifications."""
    kept = verification.c.differences.is_not(None), verification.c.list_id == found.list_id
    number = 0
    for row in tx.execute(select(verification.c.id, verification.c.differences).where(*kept)).all():
        others = [one for one in row.differences or () if not _is_finding_about(one, found)]
        number += len(row.differences or ()) - len(others)
        if len(others) < len(row.differences or ()):
            tx.execute(update(verification).where(verification.c.id == row.id).values(differences=others))
    return number


def _is_finding_about(one: Mapping[str, Any], found: ErasureTraces) -> bool:
    """Return whether a finding mentions the address, or its contact without any address."""
    is_contact = one.get("contact_id") in found.contact_ids and not one.get("address")
    return is_contact or found.appear_in(json_text(one))


def _purge_updates(tx: Connection, found: ErasureTraces) -> int:
    """Delete the bodies of updates to the address, also of rows that now have another address or a contact."""
    own = tx.execute(delete(update_table).where(update_table.c.mailchimpsync_cache_id.in_(found.row_ids))).rowcount
    return own + _delete(
        tx, update_table, _BODIES, _in_audience(update_table.c.mailchimpsync_cache_id, found.list_id), found
    )


def _purge_other_rows(tx: Connection, found: ErasureTraces) -> None:
    """Remove what other members' rows say of the address, and nothing else; who was accepted for it, is no longer."""
    mine = cache.c.mailchimp_list_id == found.list_id
    for name in _NOTED:
        ids = list(_mentioning(tx, cache, "id", (name,), mine, found))
        for some in _steps(ids):
            tx.execute(update(cache).where(cache.c.id.in_(some)).values({name: null()}))
    again = {"sync_status": SyncStatus.TODO.value, "recheck": False}
    tx.execute(update(cache).where(cache.c.id.in_(found.other_row_ids)).values(again))
    accepted = _in_audience(accepted_person.c.cache_id, found.list_id)
    some = list(_mentioning(tx, accepted_person, "cache_id", ("reason_detail",), accepted, found))
    tx.execute(delete(accepted_person).where(accepted_person.c.cache_id.in_(some)))
    for name in ("confirmed", "wanted", "refused"):
        _purge_data(tx, name, found)


def _purge_names(tx: Connection, found: ErasureTraces, planned: ColumnElement[bool]) -> None:
    """Remove the names of the address's contacts where no other address of theirs is known."""
    of_rows = cache.c.mailchimp_list_id == found.list_id, cache.c.civicrm_contact_id.in_(found.contact_ids)
    tx.execute(update(cache).where(*of_rows, cache.c.mailchimp_email.is_(None)).values(civicrm_name=null()))
    of_plans = planned, change.c.contact_id.in_(found.contact_ids), change.c.address.is_(None)
    tx.execute(update(change).where(*of_plans).values(name=null()))


def _purge_data(tx: Connection, name: str, found: ErasureTraces) -> None:
    """Remove merge fields with another address of a person; they are checked again."""
    keys = list(_mentioning(tx, data, "cache_id", (name,), _in_audience(data.c.cache_id, found.list_id), found))
    for key in keys:
        kept = tx.execute(select(data.c[name]).where(data.c.cache_id == key)).scalar_one()
        tx.execute(update(data).where(data.c.cache_id == key).values({name: _without_mentions(kept, found)}))


def _without_mentions(value: Any, found: ErasureTraces) -> Any:
    """Return a value without the entries that mention the address; entries are plain, or a list as [value, plugin]."""
    if isinstance(value, Mapping):
        return {key: _without_mentions(one, found) for key, one in value.items() if not _mentions(one, found)}
    if isinstance(value, list):
        return [_without_mentions(one, found) for one in value if not _mentions(one, found)]
    return value


def _mentions(value: Any, found: ErasureTraces) -> bool:
    plain = value if isinstance(value, list) and not any(isinstance(one, (list, Mapping)) for one in value) else [value]
    return any(isinstance(one, str) and found.appear_in(one) for one in plain)


def purge_journal(tx: Connection, found: ErasureTraces, *, seal: str, digests: Collection[str], now: datetime) -> int:
    """Replace what the journal says of an address by untraceable digests; return in how many entries.

    The chain stays valid: the entries are sealed with `seal`. `digests` already replace the member in old entries.
    Entries of deleted rows are found by member.
    """
    personal = or_(*(journal.c.field.startswith(what, autoescape=True) for what in sorted(PERSONAL)))
    pieces = [_ascii(one) for one in found.search_terms]
    values = [
        func.lower(column).contains(one, autoescape=True) for column in (journal.c.old, journal.c.new) for one in pieces
    ]
    about = or_(
        journal.c.member_id.in_([*found.member_ids, *digests]),
        journal.c.cache_id.in_(found.row_ids),
        and_(personal, or_(*values)),
    )
    throwaway, number, after = token_hex(32), 0, 0
    while True:
        query = select(journal).where(journal.c.list_id == found.list_id, about, journal.c.id > after)
        some = [dict(one) for one in tx.execute(query.order_by(journal.c.id).limit(ENTRIES_PER_STEP)).mappings()]
        if not some:
            return number
        after = some[-1]["id"]
        theirs = [one for one in some if _is_about_person(one, found, digests)]
        update_by_id(tx, journal, [minimised(one, seal, now, digest_key=throwaway) for one in theirs])
        number += len(theirs)


def _is_about_person(entry: Mapping[str, Any], found: ErasureTraces, digests: Collection[str]) -> bool:
    by_key = entry["member_id"] in (*found.member_ids, *digests) or entry["cache_id"] in found.row_ids
    return by_key or found.appear_in(entry["old"]) or found.appear_in(entry["new"])


def audiences(tx: Connection) -> Sequence[str]:
    """Return the audiences with any data, connected or not."""
    columns = (
        cache.c.mailchimp_list_id,
        event.c.list_id,
        kept_plan.c.list_id,
        journal_chain.c.list_id,
        journal.c.list_id,
        verification.c.list_id,
        campaign.c.list_id,
        log.c.list_id,
    )
    known: set[str] = set()
    for column in columns:
        known.update(tx.execute(select(column).distinct()).scalars())
    return sorted(known)
