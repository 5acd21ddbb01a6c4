"""Checks that the journal is as it was written: each audience's chain is followed from its oldest entry on."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection, RowMapping, func, select

from mailchimpsync.messages import moment
from mailchimpsync.store.journal.chain import Entry, commitment_of, hash_of, seal_holds
from mailchimpsync.store.schema import journal, journal_chain

ENTRIES_PER_STEP = 2_000
TAMPERINGS_MAX = 100
"""How many findings are reported individually, per audience; all are counted."""

ALTERED, DELETED, INSERTED = "altered", "deleted", "inserted"


class Reads(Protocol):
    """A store, as far as checking needs it."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a read-only transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Tampering:
    """Entries that aren't as they were written: their numbers in the chain, or the id of one without a number."""

    what: str
    first: int | None
    last: int | None
    entry_id: int | None
    sentence: str


@dataclass
class ChainReport:
    """What was found in one audience's chain.

    Attributes:
        list_id: the audience.
        entries: how many entries were checked.
        unchained: how many are older than the chain, and can't be checked.
        unsealed: how many minimised ones can't be checked completely, because the key of their seal is gone.
        before_first: up to which number entries were deleted for their age.
        newest: the number of the newest entry.
        newest_hash: its hash: store it elsewhere, and the chain up to there can't be replaced unnoticed.
        tamperings: what is wrong, at most `TAMPERINGS_MAX`.
        wrong: how much is wrong.
    """

    list_id: str
    entries: int = 0
    unchained: int = 0
    unsealed: int = 0
    before_first: int = 0
    newest: int = 0
    newest_hash: str = ""
    tamperings: list[Tampering] = field(default_factory=list)
    wrong: int = 0

    def add(self, what: str, sentence: str, *, first: int | None = None, last: int | None = None, **about: Any) -> None:
        """Record a finding."""
        self.wrong += 1
        if len(self.tamperings) < TAMPERINGS_MAX:
            self.tamperings.append(Tampering(what, first, last or first, about.get("entry_id"), sentence))


def audiences_with_journal(tx: Connection) -> list[str]:
    """Return the audiences that have a journal, including those no longer connected."""
    known = select(journal_chain.c.list_id).union(select(journal.c.list_id))
    return sorted(tx.execute(known).scalars())


def audiences_with_chain(tx: Connection) -> list[str]:
    """Return the audiences that have a chain."""
    return sorted(tx.execute(select(journal_chain.c.list_id)).scalars())


def check_chain(store: Reads, list_id: str, keys: Sequence[str]) -> ChainReport:
    """Follow an audience's chain in steps with their own transactions; `keys` may have sealed its entries.

    Entries that are written, or deleted for their age, meanwhile do no harm.
    """
    with store.reading() as tx:
        ends = _chain_ends(tx, list_id)
    if ends is None:
        return _check_chain_ends(store, list_id)
    found = ChainReport(list_id, before_first=ends["before_first"])
    walk = _Walk(store, found, keys, ends)
    walk.go()
    _check_unchained(store, found, ends["unchained_to"])
    return found


def _chain_ends(tx: Connection, list_id: str) -> RowMapping | None:
    return tx.execute(select(journal_chain).where(journal_chain.c.list_id == list_id)).mappings().one_or_none()


def _check_chain_ends(store: Reads, list_id: str) -> ChainReport:
    found = ChainReport(list_id)
    with store.reading() as tx:
        mine = journal.c.list_id == list_id
        chained = tx.execute(select(func.count()).where(mine, journal.c.number.is_not(None))).scalar_one()
        found.unchained = tx.execute(select(func.count()).where(mine, journal.c.number.is_(None))).scalar_one()
    if chained:
        found.add(DELETED, "The record of where the chain begins and ends was deleted, so it can't be checked.")
    return found


class _Walk:
    """Goes from entry to entry, and keeps the number and hash of the previous one."""

    def __init__(self, store: Reads, found: ChainReport, keys: Sequence[str], ends: RowMapping) -> None:
        self.store, self.found, self.keys, self.ends = store, found, keys, ends
        self.number: int = ends["before_first"]
        self.hash: str = ends["before_first_hash"]

    def go(self) -> None:
        while some := self._next():
            for entry in some:
                self._check_entry(entry)
        if self._follows(self.ends["newest"] + 1) and not hmac.compare_digest(self.hash, self.ends["newest_hash"]):
            self.found.add(ALTERED, f"Entry {self.number}, the newest, was replaced.", first=self.number)
        self.found.newest, self.found.newest_hash = self.ends["newest"], self.ends["newest_hash"]

    def _next(self) -> list[Entry]:
        mine = (
            journal.c.list_id == self.found.list_id,
            journal.c.number > self.number,
            journal.c.number <= self.ends["newest"],
        )
        query = select(journal).where(*mine).order_by(journal.c.number).limit(ENTRIES_PER_STEP)
        with self.store.reading() as tx:
            return [dict(entry) for entry in tx.execute(query).mappings()]

    def _check_entry(self, entry: Entry) -> None:
        follows = self._follows(entry["number"])
        self.number = entry["number"]
        if wrong := self._defect(entry, self.hash if follows else None):
            sentence = f"Entry {self.number} of {moment(entry['time'])} {wrong}."
            self.found.add(ALTERED, sentence, first=self.number, entry_id=entry["id"])
        self.hash = entry["hash"] or ""
        self.found.entries += 1

    def _follows(self, number: int) -> bool:
        """Return whether no entry is missing before this one; entries may have been deleted for their age meanwhile."""
        if number == self.number + 1:
            return True
        ends = self._ends_now()
        if ends["before_first"] > self.number:
            self.number, self.hash = ends["before_first"], ends["before_first_hash"]
        if number == self.number + 1:
            return True
        self._missing(self.number + 1, number - 1)
        return False

    def _is_minimised_to(self, number: int) -> bool:
        return number <= int(self.ends["minimised_to"]) or number <= int(self._ends_now()["minimised_to"])

    def _ends_now(self) -> RowMapping:
        with self.store.reading() as tx:
            return _chain_ends(tx, self.found.list_id) or self.ends

    def _missing(self, first: int, last: int) -> None:
        which = f"Entry {first} was" if first == last else f"Entries {first} to {last} were"
        self.found.add(DELETED, f"{which} deleted.", first=first, last=last)

    def _defect(self, entry: Entry, before: str | None) -> str | None:
        """Return what is wrong with an entry; after a gap it isn't known whether it follows."""
        if before is not None and not hmac.compare_digest(entry["hash"] or "", hash_of(entry, before)):
            return "was altered or inserted, or the one before it was replaced"
        if entry["minimised_at"] is None:
            as_committed = hmac.compare_digest(entry["commitment"] or "", commitment_of(entry))
            return None if as_committed else "was altered: the member, or a name or address"
        holds = seal_holds(entry, self.keys)
        if not holds and not self._is_minimised_to(entry["number"]):  # before its time only if a person was erased
            return "was altered: it says that it is minimised, and it is not"
        self.found.unsealed += holds is None
        return "was altered: what stands for the member, or for a name or address" if holds is False else None


def _check_unchained(store: Reads, found: ChainReport, unchained_to: int) -> None:
    """Find entries that are in no chain: without a number, or with one outside of the chain."""
    mine = journal.c.list_id == found.list_id
    ends = select(journal_chain.c.newest).where(journal_chain.c.list_id == found.list_id).scalar_subquery()
    start = select(journal_chain.c.before_first).where(journal_chain.c.list_id == found.list_id).scalar_subquery()
    strange = (
        (mine, journal.c.number.is_(None), journal.c.id > unchained_to),
        (mine, journal.c.number > ends),
        (mine, journal.c.number <= start),
    )
    with store.reading() as tx:
        unchained = select(func.count()).where(mine, journal.c.number.is_(None), journal.c.id <= unchained_to)
        found.unchained = tx.execute(unchained).scalar_one()
        for conditions in strange:
            query = select(journal.c.id, journal.c.number).where(*conditions).order_by(journal.c.id)
            for entry in tx.execute(query.limit(TAMPERINGS_MAX)):
                sentence = f"The entry with the id {entry.id} was inserted: it is not part of the chain."
                found.add(INSERTED, sentence, first=entry.number, entry_id=entry.id)
