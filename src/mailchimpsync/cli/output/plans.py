"""Prints plans: what they would change, person by person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import Names, Plan, PlannedChange
from mailchimpsync.actions.plans.csv import NO_NAMES
from mailchimpsync.actions.plans.summary import in_words
from mailchimpsync.actions.plans.words import KIND_WORDS, bill_words, burst_line, dates_line, sending_of
from mailchimpsync.actions.status.state_texts import people_in_words
from mailchimpsync.actions.texts.lanes import sending_in_words
from mailchimpsync.actions.texts.names import with_names
from mailchimpsync.cli.output.failures import show_failures
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.effects import What
from mailchimpsync.messages import moment
from mailchimpsync.model import LaneChoice
from mailchimpsync.store.changes.kept_plans import PlanKind, PlanState

NOT_INCLUDED = "everything else waits for the sync after it, including corrections of names, addresses and holds"
SHOWN_AT_FIRST = 20
TABLE_WIDTH_MAX = 130

_STATES = {"open": "warn", "approved": "good", "applied": "good", "dropped": "dim", "expired": "dim"}


def show_plan(
    console: Console,
    plan: Plan,
    changes: Sequence[PlannedChange] = (),
    *,
    total: int = 0,
    names: Names = NO_NAMES,
    lane: LaneChoice = LaneChoice.AUTO,
) -> None:
    """Print a plan: its state, totals, exceeded limits, and the given changes; `lane`: how updates are sent."""
    console.print(Text.assemble((f"Plan {plan.id}", "bold"), f"  {plan.title}  ", _state(plan)))
    numbers = Table.grid(padding=(0, 2))
    for name, value in [*_numbers(plan), *_way_to_mailchimp(plan, lane), *_background(plan, names)]:
        numbers.add_row(Text(f"  {name}", style="dim"), Text(value))
    console.print(numbers)
    for sentence in plan.excess:
        console.print(Text(f"  ✗ {with_names(sentence, names)}", style="bad"))
    if changes:
        print_tables(console, _table(console, changes, total, names))
    if plan.failures:
        undoes = plan.kind == PlanKind.UNDO
        show_failures(console, plan.failures, *(["Can't be undone"] if undoes else []))


def _way_to_mailchimp(plan: Plan, lane: LaneChoice) -> Iterator[tuple[str, str]]:
    """Yield by which lanes updates would go, and about how long that takes."""
    ways = sending_of(plan, lane) if plan.state in (PlanState.OPEN, PlanState.APPROVED) else ()
    if ways:
        yield "Sending", sending_in_words(ways)


def _state(plan: Plan) -> tuple[str, str]:
    by = f" by {plan.decided_by}" if plan.decided_by else ""
    return f"{plan.state}{by}", _STATES.get(plan.state, "warn")


def _numbers(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "Created", f"{moment(plan.made_at)} by {plan.made_by}; valid until {moment(plan.expires_at)}"
    counts = [f"{plan.counts[kind]:,} {words}" for kind, words in KIND_WORDS.items() if plan.counts.get(kind)]
    yield "Would change", "; ".join(counts) or "nothing"
    if plan.may_be_asked:
        who = "was on the list before and is" if plan.may_be_asked == 1 else "were on the list before and are"
        yield "", f"{plan.may_be_asked:,} of those subscribed {who} asked to confirm instead if Mailchimp requires it"
    if billed := bill_words(plan):
        yield "Billed", billed
    if plan.outcomes:
        to_do = {"not done yet": plan.to_do} if plan.to_do else {}
        outcomes = (f"{number:,} {outcome}" for outcome, number in [*sorted(plan.outcomes.items()), *to_do.items()])
        yield "Outcome", f"of {people_in_words(plan.people)}: {', '.join(outcomes)}"
    for one in plan.reasons:
        yield one.outcome.capitalize(), f"{people_in_words(one.count)}: {one.why}"
    for sentence in plan.refused:
        yield "Refused for", sentence
    if plan.state in (PlanState.OPEN, PlanState.APPROVED):
        yield "Not included", NOT_INCLUDED


def _background(plan: Plan, names: Names) -> Iterator[tuple[str, str]]:
    """Yield what led to the plan, and how many of its changes rest on dates alone."""
    for place, burst in enumerate(plan.bursts):
        yield "" if place else "Background", burst_line(burst, names)
    if plan.by_date:
        who = people_in_words(plan.by_date)
        yield "By date alone", f"{who}: look at them with `mailchimpsync plan show {plan.id} --by-date`"


def _contact(change: PlannedChange) -> str:
    """Return the contact's id, “new” if the change creates the contact, or “-” if the contact is gone."""
    is_new = any(effect.what is What.CONTACT for effect in change.effects)
    return str(change.contact_id or ("new" if is_new else "-"))


def _table(console: Console, changes: Sequence[PlannedChange], total: int, names: Names) -> Table:
    width = min(console.width, TABLE_WIDTH_MAX)
    more = f" (the first {len(changes)} of {total:,})" if total > len(changes) else ""
    table = Table(title=f"Changes{more}", title_justify="left", title_style="bold", width=width)
    table.add_column("Person", ratio=5, overflow="fold")
    table.add_column("Contact", justify="right", no_wrap=True)
    table.add_column("Change", ratio=7)
    table.add_column("Why", ratio=8)
    with_outcome = any(change.outcome for change in changes)
    if with_outcome:
        table.add_column("Outcome", ratio=3)
    for change in changes:
        person = "\n".join(filter(None, (change.name, change.address)))
        why = "\n".join([change.why, *(dates_line(dates, names) for dates in change.dates)])
        cells = [person, _contact(change), "\n".join(in_words(change, names)), why]
        table.add_row(*map(Text, cells), *([Text(change.outcome or "")] if with_outcome else []))
    return table
