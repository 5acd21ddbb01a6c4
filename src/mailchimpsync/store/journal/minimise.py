"""How the journal forgets: first identities, replaced by digests, and years later whole entries."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update

from mailchimpsync.effects import What
from mailchimpsync.store.engine.dialect import update_by_id
from mailchimpsync.store.journal.chain import minimised
from mailchimpsync.store.schema import journal, journal_chain

ENTRIES_PER_STEP = 1_000
_TOKEN = re.compile(r"[0-9a-f]{32}_[0-9]{9,11}_([0-9]+|inf)", re.IGNORECASE)


def minimise_entries(tx: Connection, list_id: str, before: datetime, key: str, now: datetime) -> int:
    """Replace the personal values of the next entries that are older than `before`; return how many; 0: no more."""
    ends = tx.execute(select(journal_chain).where(journal_chain.c.list_id == list_id)).mappings().one()
    unchained = _unchained(list_id).where(journal.c.minimised_at.is_(None))
    if some := _older(tx, unchained, before):
        update_by_id(tx, journal, [minimised(entry, key, now) for entry in some])
        return len(some)
    some = _older(tx, _chained(list_id).where(journal.c.number > ends["minimised_to"]), before)
    if some:
        personal = [entry for entry in some if entry["minimised_at"] is None]  # not those of erased people
        update_by_id(tx, journal, [minimised(entry, key, now) for entry in personal])
        _set_ends(tx, list_id, minimised_to=some[-1]["number"])
    return len(some)


def minimise_tokens(tx: Connection, after: int, key: str, now: datetime) -> int | None:
    """Minimise the next entries with a personal token, which earlier versions wrote; return where to continue, or None.

    Only those entries lose their values; the chain stays valid.
    """
    about_fields = journal.c.field.startswith(What.MERGE_FIELD, autoescape=True)
    query = select(journal).where(about_fields, journal.c.minimised_at.is_(None), journal.c.id > after)
    query = query.order_by(journal.c.id).limit(ENTRIES_PER_STEP)
    some = [dict(entry) for entry in tx.execute(query).mappings()]
    with_token = [one for one in some if any(one[name] and _TOKEN.search(one[name]) for name in ("old", "new"))]
    update_by_id(tx, journal, [minimised(entry, key, now) for entry in with_token])
    return some[-1]["id"] if some else None


def delete_entries(tx: Connection, list_id: str, before: datetime) -> int:
    """Delete the next entries that are older than `before`, and return how many; 0: no more.

    The remaining chain starts where they end, and stays valid.
    """
    some = _older(tx, _unchained(list_id), before)
    if not some and (some := _older(tx, _chained(list_id), before)):
        _set_ends(tx, list_id, before_first=some[-1]["number"], before_first_hash=some[-1]["hash"])
    tx.execute(delete(journal).where(journal.c.id.in_([entry["id"] for entry in some])))
    return len(some)


def _unchained(list_id: str) -> Select[Any]:
    return select(journal).where(journal.c.list_id == list_id, journal.c.number.is_(None)).order_by(journal.c.id)


def _chained(list_id: str) -> Select[Any]:
    mine = journal.c.list_id == list_id, journal.c.number.is_not(None)
    return select(journal).where(*mine).order_by(journal.c.number)


def _older(tx: Connection, query: Select[Any], before: datetime) -> list[dict[str, Any]]:
    """Return the next entries up to the first younger one."""
    old = []
    for entry in tx.execute(query.limit(ENTRIES_PER_STEP)).mappings():
        if entry["time"] >= before:
            break
        old.append(dict(entry))
    return old


def _set_ends(tx: Connection, list_id: str, **values: Any) -> None:
    tx.execute(update(journal_chain).where(journal_chain.c.list_id == list_id).values(**values))
