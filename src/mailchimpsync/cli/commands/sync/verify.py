"""`mailchimpsync verify`."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import IO

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import Names, kept_names
from mailchimpsync.actions.api.csv_export import escape_formula
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.status.state_texts import deleted_interests_sentence, interests_in_words, people_in_words
from mailchimpsync.actions.status.verifications import createverification, to_mapping
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.actions.texts.effects import NO_NAMES
from mailchimpsync.cli.commands.sync.status import differences
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.interrupt import interruptible_site
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.errors import EXIT_MORE_TO_DO, EXIT_NEEDS_A_PERSON, Code
from mailchimpsync.sync.verify import Difference, Verdict, VerificationResult

SHOWN = 25
TABLE_WIDTH_MAX = 130
_UNEXPLAINED = "unexplained"
AFTER_THE_UNEXPLAINED = (
    "Run `mailchimpsync sync --since ever`, which reads everything and decides again, then verify again. Other syncs "
    "go by dates, so they miss data that was loaded into CiviCRM with old dates, for example with SQL."
)


def verify(ctx: click.Context, group_id: int | None, max_time: float, as_json: bool, file: IO[str] | None) -> None:
    with interruptible_site(ctx) as (site, progress, is_interrupted):
        found = createverification(
            site,
            group_id=group_id,
            max_time=max_time,
            by=current_user(),
            progress=progress,
            stop=is_interrupted,
            tell=_writer(file) if file is not None else None,
        )
        names = kept_names(site)
        titles = [find_audience(site, one.list_id).title for one in found]
    if as_json:
        print_json([to_mapping(one) for one in found])
    else:
        for title, one in zip(titles, found, strict=True):
            show_verification(stdout(), title, one, names)
    ctx.exit(max((_exit_code(one) for one in found), default=0))


def _exit_code(found: VerificationResult) -> int:
    if found.unexplained or found.gone_interests:
        return EXIT_NEEDS_A_PERSON
    return EXIT_MORE_TO_DO if found.due else 0


def show_verification(console: Console, title: str, found: VerificationResult, names: Names = NO_NAMES) -> None:
    """Print the result of a comparison: headline, what was compared, counts, and unexplained differences."""
    print_sentence(console, Text.assemble((title, "bold"), "  ", _verdict(found)))
    print_sentence(
        console,
        Text(
            f"  Compared: {found.subscribed:,} of {found.members:,} members subscribed or pending at Mailchimp, "
            f"{found.in_group:,} contacts in the group in CiviCRM."
        ),
    )
    if found.gone_interests:
        print_sentence(console, Text(f"  {deleted_interests_sentence(found.gone_interests)}", style="warn"))
        print_sentence(console, Text(f"  What to do: {explain_code(Code.MC_MAPPING_GONE).remedy}"))
    if found.counts:
        print_tables(console, _counts(console, found))
    if found.unexplained:
        print_tables(console, _people(console, found, names))
        print_sentence(console, Text(f"  What to do: {AFTER_THE_UNEXPLAINED}"))


def _verdict(found: VerificationResult) -> tuple[str, str]:
    match found.verdict:
        case Verdict.AGREE:
            return "✓ verified: both sides agree", "good"
        case Verdict.EXPLAINED if not found.by_cause:
            return f"both sides agree, but for {interests_in_words(found.gone_interests)}", "warn"
        case Verdict.EXPLAINED:
            causes = "; ".join(f"{cause} ({people_in_words(number)})" for cause, number in found.by_cause.items())
            return f"{differences(found.explained)} with a known reason: {causes}", "warn"
        case _:
            return f"✗ {differences(found.unexplained, 'unexplained ')}", "bad"


def _counts(console: Console, found: VerificationResult) -> Table:
    table = Table(title="Differences", title_justify="left", title_style="bold", width=_width(console))
    table.add_column("Number", justify="right", no_wrap=True)
    table.add_column("Difference", ratio=6)
    table.add_column("Cause", ratio=9)
    for one in found.counts:
        table.add_row(f"{one['count']:,}", Text(one["kind"]), Text(_cause(one["cause"], one["code"])))
    return table


def _people(console: Console, found: VerificationResult, names: Names) -> Table:
    unexplained = [one for one in found.differences if one["cause"] == "unknown"][:SHOWN]
    more = f" (the first {len(unexplained)} of {found.unexplained:,})" if found.unexplained > len(unexplained) else ""
    table = Table(
        title=f"Unexplained differences{more}", title_justify="left", title_style="bold", width=_width(console)
    )
    table.add_column("Person", ratio=7, overflow="fold")
    table.add_column("Contact", justify="right", no_wrap=True)
    table.add_column("Difference", ratio=6)
    table.add_column("At Mailchimp", ratio=4)
    for one in unexplained:
        interest, group = names.full_interest(one["interest"] or "") or one["interest"], one["group_id"]
        about = f" {interest}, group {names.groups.get(group, group)}" if interest else ""
        cells = (
            "\n".join(filter(None, (one.get("name"), one["address"]))),
            str(one["contact_id"] or "none"),
            one["kind"] + about,
            one["status"] or "unknown",
        )
        table.add_row(*map(Text, cells))
    return table


def _cause(cause: str, code: str | None) -> str:
    if cause == "unknown":
        return _UNEXPLAINED
    return f"{cause}: {explain_code(code).sentence}" if code else cause


def _width(console: Console) -> int:
    return min(console.width, TABLE_WIDTH_MAX)


def _writer(file: IO[str]) -> Callable[[Difference], None]:
    writer = csv.writer(file)
    columns = list(Difference.columns())
    writer.writerow(columns)

    def write(one: Difference) -> None:
        found = one.plain()
        writer.writerow([escape_formula(found[name]) for name in columns])

    return write
