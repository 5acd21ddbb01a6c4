"""`mailchimpsync journal verify` and `mailchimpsync journal export`."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click
from rich.text import Text

from mailchimpsync.actions import export_journal, journal_verify, read_since
from mailchimpsync.actions.api.csv_export import escape_formula
from mailchimpsync.actions.people.journal import COLUMNS
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.errors import UsageError
from mailchimpsync.store.journal.check import ChainReport

NEEDS_A_PERSON = 7
STANDARD_OUTPUT = Path("-")

Entries = Iterator[Mapping[str, Any]]


def verify(ctx: click.Context, group_id: int | None, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = journal_verify(site, group_id=group_id)
    if as_json:
        print_json(found.in_wire_form())
    else:
        for chain in found.chains:
            _show(chain)
        if not found.chains:
            print_sentence(stdout(), Text("The journal is empty."))
    ctx.exit(0 if found.is_intact else NEEDS_A_PERSON)


def _show(chain: ChainReport) -> None:
    console = stdout()
    headline = ("✗ altered since it was written", "bad") if chain.wrong else ("✓ unaltered", "good")
    print_sentence(console, Text.assemble((f"Audience {chain.list_id}", "bold"), "  ", headline))
    print_sentence(
        console, Text(f"  Entries checked: {chain.entries:,}; the newest is {chain.newest:,}, with the hash")
    )
    print_sentence(console, Text(f"  {chain.newest_hash or '(none)'}"))
    for number, what in (
        (chain.before_first, "deleted because of their age, up to this number"),
        (chain.unchained, "from before there was a chain, so they can't be checked"),
        (chain.unsealed, "minimised with a key that no longer exists, so they can't be checked in full"),
    ):
        if number:
            print_sentence(console, Text(f"  {number:,}: {what}", style="warn"))
    for one in chain.tamperings:
        print_sentence(console, Text(f"  {one.sentence}", style="bad"))
    if chain.wrong > len(chain.tamperings):
        print_sentence(console, Text(f"  … and {chain.wrong - len(chain.tamperings):,} more", style="bad"))


def export(
    ctx: click.Context, form: str, since: str | None, until: str | None, group_id: int | None, output: Path
) -> None:
    with site_of(ctx) as site:
        now = site.runtime.now()
        span = {"since": _moment(since, now), "until": _moment(until, now)}
        entries = export_journal(site, group_id=group_id, **span)
        with _opened(output) as file:
            number = _WRITERS[form](file, entries)
    print_sentence(
        stderr(), Text(f"Exported {number:,} entries{'' if output == STANDARD_OUTPUT else f' to {output}'}.")
    )


def _moment(text: str | None, now: datetime) -> datetime | None:
    return None if text is None else read_since(text, now)


@contextmanager
def _opened(output: Path) -> Iterator[IO[str]]:
    if output == STANDARD_OUTPUT:
        yield sys.stdout
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise UsageError(f"{output} can't be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        yield file


def _write_csv(file: IO[str], entries: Entries) -> int:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    number = 0
    for number, entry in enumerate(entries, 1):  # noqa: B007 (how many there were)
        writer.writerow([escape_formula(entry[name]) for name in COLUMNS])
    return number


def _write_json(file: IO[str], entries: Entries) -> int:
    number = 0
    file.write("[")
    for number, entry in enumerate(entries, 1):
        file.write(("\n" if number == 1 else ",\n") + json.dumps(entry, ensure_ascii=False))
    file.write("\n]\n")
    return number


_WRITERS: Mapping[str, Callable[[IO[str], Entries], int]] = {"csv": _write_csv, "json": _write_json}
