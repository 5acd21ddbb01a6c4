"""Fills the empty tables of a new site from a file, within one transaction, and checks the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from mailchimpsync.actions.site import JOURNAL_PURPOSE
from mailchimpsync.actions.transfer.file import End, Reader, TableStart
from mailchimpsync.actions.transfer.passphrase import Protection
from mailchimpsync.config import Keyring
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import say
from mailchimpsync.store import Transaction, transfer
from mailchimpsync.store.engine.database import newest_schema
from mailchimpsync.store.journal import check
from mailchimpsync.store.site import secrets, tombstones


def check_schema(reader: Reader) -> None:
    """Check that a file has the tables of this version.

    Raises:
        UsageError: it hasn't.
    """
    if reader.header.schema_number != newest_schema():
        raise UsageError(
            say(
                "The file has schema %(found)s, this program needs %(wanted)s. Export the site again, after both sides "
                "are updated to the same version.",
                found=reader.header.schema_number,
                wanted=newest_schema(),
            )
        )


def fill(tx: Transaction, reader: Reader, protection: Protection, keyring: Keyring) -> dict[str, int]:
    """Add all rows of a file, check their numbers and the journal, and return how many each table got.

    With MariaDB, the transaction is committed at the end.

    Raises:
        UsageError: the file was altered or damaged, or has what this site has no table for; roll back.
    """
    known = transfer.tables()
    filling = _Filling(tx, reader, known)
    for part in reader.parts(protection):
        filling.take(part)
    end, counts = filling.end, filling.counts
    stored = {name: transfer.count_rows(tx, known[name]) for name in counts}
    if end.counts != counts or stored != counts or not set(end.numbers) <= set(counts):
        raise reader.damaged()
    _check_journal(tx, keyring, reader)
    transfer.continue_after(tx, end.numbers, known)
    return counts


class _Filling:
    """Adds rows to the table that was named last, many at once."""

    def __init__(self, tx: Transaction, reader: Reader, known: Mapping[str, Table]) -> None:
        self.counts: dict[str, int] = {}
        self.end = End({}, {})
        self._tx, self._reader, self._known = tx, reader, known
        self._table: Table | None = None
        self._rows: list[list[Any]] = []

    def take(self, part: TableStart | list[Any] | End) -> None:
        if isinstance(part, list):
            self._rows.append(part)
            if len(self._rows) >= transfer.ROWS_PER_STEP:
                self._write()
            return
        self._write()
        if isinstance(part, End):
            self.end = part
        else:
            self._table = self._find(part)
            self.counts[part.name] = 0

    def _write(self) -> None:
        if not self._rows:
            return
        if self._table is None or any(len(row) != len(self._table.columns) for row in self._rows):
            raise self._reader.damaged()
        try:
            transfer.write_rows(self._tx, self._table, self._rows)
        except (TypeError, ValueError):
            raise self._reader.damaged() from None
        self.counts[self._table.name] += len(self._rows)
        self._rows = []

    def _find(self, start: TableStart) -> Table:
        table = self._known.get(start.name)
        if table is None or start.columns != tuple(table.columns.keys()) or start.name in self.counts:
            raise self._reader.damaged()
        if not transfer.has_table(self._tx, table):
            raise UsageError(
                say("The file has users, but the parts of the program that need them aren't installed here.")
            )
        return table


def _check_journal(tx: Transaction, keyring: Keyring, reader: Reader) -> None:
    """Check that the journal is as it was written, with the keys that its entries may be sealed with."""
    store = transfer.OneTransaction(tx)
    token = secrets.secret_of(tx, tombstones.ERASURE_KEY)
    keys = [*keyring.derive_all(JOURNAL_PURPOSE), *([keyring.decrypt(token)] if token is not None else [])]
    for list_id in check.audiences_with_journal(tx):
        if check.check_chain(store, list_id, keys).wrong:
            raise UsageError(
                say(
                    "The journal in %(file)s isn't as it was written, so nothing was imported. Check it where the site "
                    "was exported, with `mailchimpsync journal verify`.",
                    file=reader.path,
                )
            )
