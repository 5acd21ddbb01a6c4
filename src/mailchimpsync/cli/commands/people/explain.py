"""`mailchimpsync explain`."""

from __future__ import annotations

from textwrap import fill

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import Site, explain
from mailchimpsync.actions.people.candidates import candidates
from mailchimpsync.actions.people.describe import PersonStatus
from mailchimpsync.actions.people.explain import Explanation
from mailchimpsync.actions.people.find import identifies_person
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.messages import moment


def explain_person(ctx: click.Context, person: str, limit: int, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = explain(site, person=_person_meant(site, person), limit=limit)
    if as_json:
        print_json(found)
    else:
        _show(stdout(), found)


def _person_meant(site: Site, asked: str) -> str:
    """Return an address, number or id for `explain`; of a part of a name, the one person who has it.

    Raises:
        UsageError: several people have it, or no one has.
    """
    if identifies_person(asked):
        return asked
    matches = candidates(site, asked)
    if matches.problem:
        print_sentence(stderr(), Text(f"CiviCRM couldn't be searched: {matches.problem}"))
    if len(matches.found) == 1:
        return matches.found[0].person
    if not matches.found:
        raise UsageError(f"No one's name or address contains “{asked}”.", code=Code.UNKNOWN)
    table = Table("Name", "Address", "Contact", box=None, padding=(0, 2, 0, 0))
    for one in matches.found:
        table.add_row(*map(Text, (one.name, one.address or "", str(one.contact_id or ""))))
    print_tables(stderr(), table)
    more = ", and more than these" if matches.is_truncated else ""
    raise UsageError(f"Several people match “{asked}”{more}. Run it again with an address or a contact's number.")


def _show(console: Console, found: Explanation) -> None:
    for note in found.notes:
        _say(console, note, indent=0)
    if found.names:
        _say(console, ", ".join(found.names), indent=0, style="bold")
    if found.is_known:
        for status in found.statuses:
            _show_status(console, status)
        for plan in found.plans:
            _say(console, plan.sentence, indent=0, style="warn")
    if found.history:
        console.print(Text("\nHistory, newest first", style="bold"))
    for one in found.history:
        of_several = f" [{one.title}]" if len({entry.list_id for entry in found.history}) > 1 else ""
        console.print(Text.assemble((f"  {moment(one.time)}", "head"), (of_several, "dim")))
        _say(console, one.sentence, indent=4)
    if found.left_out:
        _say(console, f"… and {found.left_out:,} older changes; --limit shows more.", indent=2, style="dim")


def _show_status(console: Console, status: PersonStatus) -> None:
    console.print(Text(status.title, style="bold"))
    first, *others = status.sentences
    _say(console, first, indent=2, style="good" if status.on_list else "warn")
    for sentence in others:
        _say(console, sentence, indent=2)


def _say(console: Console, sentence: str, *, indent: int, style: str = "") -> None:
    margin = " " * indent
    wrapped = fill(sentence, console.width, initial_indent=margin, subsequent_indent=margin, break_long_words=False)
    console.print(Text(wrapped, style=style), soft_wrap=True)
