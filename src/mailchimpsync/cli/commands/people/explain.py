"""`mailchimpsync explain`."""

from __future__ import annotations

from textwrap import fill

import click
from rich.console import Console
from rich.text import Text

from mailchimpsync.actions import explain
from mailchimpsync.actions.people.describe import PersonStatus
from mailchimpsync.actions.people.explain import Explanation
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.messages import moment


def explain_person(ctx: click.Context, person: str, limit: int, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = explain(site, person=person, limit=limit)
    if as_json:
        print_json(found)
    else:
        _show(stdout(), found)


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
