"""Exports a site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.transfer.file import FORMAT, End, Header, Writer, columns_line, writing
from mailchimpsync.actions.transfer.passphrase import Protection, new_salt
from mailchimpsync.errors import BusyError, Code
from mailchimpsync.messages import say
from mailchimpsync.store import Transaction, transfer
from mailchimpsync.store.engine.database import newest_schema


@dataclass(frozen=True, slots=True)
class ExportedSite:
    """How many rows and users were exported."""

    rows: int
    users: int


def export_site(site: Site, path: Path, passphrase: str, title: str = "") -> ExportedSite:
    """Write a site with all of its data, as it is at one moment, to a new file.

    Raises:
        UsageError: the file can't be written, or exists, or the passphrase is too short.
        BusyError: something is at work on the site.
    """
    salt = new_salt()
    protection = Protection(passphrase, salt)
    name = site.settings.site
    header = Header(
        format=FORMAT,
        schema_number=newest_schema(),
        name=name,
        title=title or name or "",
        exported_at=site.runtime.now().isoformat(),
        salt=salt,
        secret_keys=protection.wrap(site.keys.read()),
    )
    with site.store.snapshot() as tx:
        check_idle(tx)
        with writing(path, header, protection) as writer:
            counts = _write_tables(tx, writer)
    users = counts.get(transfer.USERS.name, 0)
    return ExportedSite(sum(counts.values()) - users, users)


def check_idle(tx: Transaction) -> None:
    """Check that nothing is at work on a site.

    Raises:
        BusyError: something is.
    """
    if (busy := transfer.audience_at_work(tx)) is not None:
        raise BusyError(
            Code.BUSY, say("A sync of the audience %(id)s is at work. Stop it, or wait for its end.", id=busy)
        )


def _write_tables(tx: Transaction, writer: Writer) -> dict[str, int]:
    existing = {name: table for name, table in transfer.tables().items() if transfer.has_table(tx, table)}
    counts = dict.fromkeys(existing, 0)
    for name, table in existing.items():
        writer.write(columns_line(name, list(table.columns.keys())))
        for row in transfer.read_rows(tx, table):
            writer.write(row)
            counts[name] += 1
    writer.end(End(counts, transfer.numbers(tx, [*existing.values()])))
    return counts
