"""`mailchimpsync status`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import ConnectionStatus, getalerts, getstatus
from mailchimpsync.actions.status.connection_state import ConnectionState, Level, StateName
from mailchimpsync.actions.status.state_texts import (
    badge_text,
    batch_sentences,
    deleted_interests_sentence,
    due_sentence,
    headline,
    times_of,
)
from mailchimpsync.actions.status.wire_form import in_words, sending_form
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.actions.texts.lanes import sending_in_words
from mailchimpsync.actions.texts.names import with_names
from mailchimpsync.actions.texts.stages import STAGE_WORDS
from mailchimpsync.cli.opening import home_of, site_of
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.failures import show_failures
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.names import titles_of
from mailchimpsync.errors import Code
from mailchimpsync.messages import moment, without_period
from mailchimpsync.model import Stage

_COUNTED_BY_READING = (
    "subscribed_at_civicrm",
    "subscribed_at_mailchimp",
    "to_add",
    "to_remove",
    "cannot_subscribe",
    "cannot_join",
    "further_rows",
    "kept_off",
    "kept_on",
)
_STYLES = {Level.GOOD: "good", Level.MIDDLE: "warn", Level.BAD: "bad"}


def status(ctx: click.Context, group_id: int | None, all_sites: bool, with_log: bool, as_json: bool) -> None:
    if all_sites:
        from mailchimpsync.cli.output.fleet import print_overview  # noqa: PLC0415 (a single site needs none of it)

        print_overview(home_of(ctx), as_json=as_json)
        return
    with site_of(ctx) as site:
        found, problems = getstatus(site, group_id=group_id), len(getalerts(site))
    if as_json:
        print_json([_as_json(status) for status in found])
        return
    for status in found:
        show_status(stdout(), status)
        if with_log:
            _show_log(stdout(), status)
    if problems:
        stdout().print(
            Text(
                f"{problems:,} open problem{'' if problems == 1 else 's'}. See `mailchimpsync alerts list`.",
                style="bad",
            )
        )


def show_status(console: Console, status: ConnectionStatus) -> None:
    """Print one connection: a headline, numbers, and the people who can't be synced."""
    console.print(Text.assemble((status.link.title, "bold"), "  ", _headline(status)))
    numbers = Table.grid(padding=(0, 2))
    for name, value in _numbers(status):
        numbers.add_row(Text(f"  {name}", style="dim"), Text(value))
    console.print(numbers)
    if status.held_plan_id is not None:
        _show_hold(console, status)
    _show_trouble(console, status.state)
    if status.failures:
        show_failures(console, status.failures)
    console.print()


def _show_trouble(console: Console, state: ConnectionState) -> None:
    """Print what an error means and what to do about it, and how many people are still due."""
    if state.failing_code is not None:
        console.print(Text(f"  ✗ {explain_code(state.failing_code).sentence} ({state.failing_code})", style="bad"))
        console.print(Text(f"  What to do: {state.remedy}"))
    if state.batches is not None:
        console.print(Text(f"  {batch_sentences(state.batches)}", style="warn"))
        console.print(Text(f"  What to do: {explain_code(state.batches.code).remedy}"))
    if state.gone_interests:
        console.print(Text(f"  {deleted_interests_sentence(state.gone_interests)}", style="warn"))
        console.print(Text(f"  What to do: {explain_code(Code.MC_MAPPING_GONE).remedy}"))
    if state.due.number:
        console.print(Text(f"  {due_sentence(state.due)}", style="bad" if state.due.put_off else "warn"))


def _show_hold(console: Console, status: ConnectionStatus) -> None:
    for sentence in status.held_why:
        console.print(Text(f"  ✗ {with_names(sentence, titles_of(status.link))}", style="bad"))
    plan = status.held_plan_id
    words = f"`mailchimpsync plan show {plan}`, then `mailchimpsync approve {plan}` or `mailchimpsync drop {plan}`."
    console.print(Text(f"  Nothing is written until the plan is reviewed: {words}"))


def _headline(status: ConnectionStatus) -> tuple[str, str]:
    state = status.state
    if state.name is StateName.WAITING and status.crashed:
        words = status.crashed
    elif state.name is StateName.WAITING and status.interrupted:
        words = f"interrupted before {status.stage}; the next `mailchimpsync sync` continues"
    else:
        words = headline(state)
    times = times_of(state)
    return f"{badge_text(state)}: {without_period(words)}{f' ({times})' if times else ''}", _STYLES[state.level]


def _numbers(status: ConnectionStatus) -> list[tuple[str, str]]:
    rows = ", ".join(f"{number:,} {name}" for name, number in sorted(status.rows.items())) or "none yet"
    last = ", ".join(filter(None, [status.last_outcome, status.last_error])) or "none yet"
    state = status.state
    return [
        ("Audience", f"{status.link.audience_id}, group {status.link.group_id}"),
        *_working(status),
        ("Last sync", moment(status.last_sync_time)),
        ("Last attempt", f"{moment(state.attempted_at)}: {last}" if state.attempted_at else last),
        ("Next sync", _next_sync(status)),
        ("Verified", _verified(status)),
        *_counted(status),
        *_failed(status),
        ("Updates under way", f"{status.updates_outstanding:,}, of which {status.updates_unsent:,} not sent"),
        *([("Sending", sending_in_words(status.sending))] if status.sending else []),
        ("Rows", rows),
        *_campaigns(status),
    ]


def _counted(status: ConnectionStatus) -> list[tuple[str, str]]:
    """Return the counts from reading both sides, once both have been read completely."""
    if not status.is_counted:
        return [("Subscribed", "not counted yet: both sides haven't been read completely")]
    both = f"{status.subscribed_at_civicrm:,} in CiviCRM, {status.subscribed_at_mailchimp:,} at Mailchimp"
    to_do = f"{status.to_add:,} to add to Mailchimp, {status.to_remove:,} to remove from it"
    return [("Subscribed", both), ("To do", to_do), *_kept(status)]


def _failed(status: ConnectionStatus) -> list[tuple[str, str]]:
    failed = status.state.failed
    if not failed.need_attention and not failed.others:
        return []
    others = f"; {failed.fine:,} more are fine as they are, {failed.accepted:,} accepted" if failed.others else ""
    return [("Can't be synced", f"{failed.need_attention:,} need attention{others}")]


def _kept(status: ConnectionStatus) -> list[tuple[str, str]]:
    if not status.kept_off and not status.kept_on:
        return []
    return [
        ("As configured", f"{status.kept_off:,} in the group stay off at Mailchimp, {status.kept_on:,} outside stay on")
    ]


def _next_sync(status: ConnectionStatus) -> str:
    if status.held_plan_id is not None:
        return "after someone has decided about the plan"
    if status.state.next_run_at:
        return moment(status.state.next_run_at)
    if not status.link.schedule.enabled:
        return "not scheduled: this connection's schedule is off; run `mailchimpsync sync`"
    return "not scheduled: neither a service nor a worker is running; `mailchimpsync sync` syncs now"


def _campaigns(status: ConnectionStatus) -> list[tuple[str, str]]:
    """Return the state of the campaign import, where it is turned on."""
    found = status.campaigns
    if found is None:
        return []
    if found.begun_at is None:
        return [("Campaigns", "not imported yet")]
    numbers = f"{found.campaigns:,} known, {found.activities:,} activities created"
    last = f"{moment(found.begun_at)}, {found.outcome or 'in progress'}"
    failed = [("", f"{one.count:,} failed: {one.sentence} → {one.remedy}") for one in found.failures]
    return [("Campaigns", numbers), ("Last import", last), *failed]


def _working(status: ConnectionStatus) -> list[tuple[str, str]]:
    """Return the progress of a run, and the time left where it can be estimated."""
    at = status.working
    if at is None:
        return []
    of = f" of {at.total:,}" if at.total else ""
    left = f", about {in_words(at.seconds_left)} left" if at.seconds_left is not None else ""
    return [("Now", f"{STAGE_WORDS[Stage(status.stage)]}: {at.done:,}{of} in {in_words(at.seconds)}{left}")]


def _verified(status: ConnectionStatus) -> str:
    if status.verified_at is None:
        return "not yet; `mailchimpsync verify` compares both sides in full"
    state = status.state
    if state.unexplained:
        words = differences(state.unexplained, "unexplained ")
    elif state.explained:
        words = f"{differences(state.explained)}, all with a known reason"
    else:
        words = "both sides agreed"
    return f"{words}, at {moment(status.verified_at)}"


def differences(number: int, kind: str = "") -> str:
    """Return a number of differences in words."""
    return f"{number:,} {kind}difference" + ("" if number == 1 else "s")


def _show_log(console: Console, status: ConnectionStatus) -> None:
    console.print(Text("Log of the last run", style="bold"))
    for time, line in status.log:
        console.print(Text(f"  {time:%Y-%m-%d %H:%M:%S}  {line}"))


def _as_json(status: ConnectionStatus) -> dict[str, Any]:
    values = asdict(status)
    if not status.is_counted:
        values |= dict.fromkeys(_COUNTED_BY_READING)
    link = status.link
    del values["link"]
    about = {
        "audience_id": link.audience_id,
        "audience_name": link.audience_name,
        "group_id": link.group_id,
        "group_title": link.group_title,
    }
    state = {name: value for name, value in values.pop("state").items() if name not in {*values, "name"}} | {
        "state": status.state.name,
        "in_sync": status.in_sync,
        "due": status.state.due.number,
        "due_because": dict(status.state.due.by_cause),
        "put_off": status.state.due.put_off,
        "remedy": status.state.remedy,
    }
    log = [{"time": time, "message": line} for time, line in status.log]
    return about | values | state | sending_form(status) | {"log": log}
