"""`mailchimpsync sync`."""

from __future__ import annotations

from dataclasses import dataclass

import click
from rich.text import Text

from mailchimpsync.actions import ChangeCount, Report, Site, fetchandreconcile, getchanges, getstatus
from mailchimpsync.actions.runs.reports import outcome_of_sync
from mailchimpsync.actions.status.counts import count_failing
from mailchimpsync.actions.status.state_texts import due_sentence
from mailchimpsync.actions.sync.fetchandreconcile import STOP_THE_OTHER
from mailchimpsync.cli.alert_delivery import deliver_alerts
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.interrupt import interruptible_site
from mailchimpsync.cli.opening import home_of, site_name_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.errors import show_error
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.model import Side
from mailchimpsync.store.queries.failures import NOBODY_FAILED, Failed
from mailchimpsync.sync import Outcome

_SENTENCES = {
    Outcome.DONE.value: "done; both sides agree where possible.",
    Outcome.UNCHANGED.value: "nothing has changed on either side since the last sync.{still}",
    Outcome.INCOMPLETE.value: "not done: {due}",
    Outcome.WAITING.value: "sent; Mailchimp is still processing {updates} updates. Run the command again later.",
    Outcome.OUT_OF_TIME.value: "out of time. Run the command again to continue.",
    Outcome.STOPPED.value: "stopped before {stage}, as asked.",
    Outcome.HELD.value: "held for review. See `mailchimpsync plan show {plan}`, then approve or drop the plan.",
    Outcome.PAUSED.value: "interrupted, because someone paused it. It begins again after `mailchimpsync resume`.",
    Outcome.ABORTED.value: "aborted by someone else. The next sync decides again.",
}

_PLACES = {Side.CIVICRM: "in CiviCRM", Side.MAILCHIMP: "at Mailchimp"}


def sync(
    ctx: click.Context,
    group_id: int | None,
    max_time: float,
    since: str | None,
    stop_on: str | None,
    force_restart: int,
    accept_empty: bool,
    accept_restored: bool,
    with_data: bool,
    as_json: bool,
) -> None:
    with interruptible_site(ctx) as (site, progress, is_interrupted):
        reports = fetchandreconcile(
            site,
            group_id=group_id,
            max_time=max_time,
            since=since,
            stop_on=stop_on,
            force_restart=min(force_restart, STOP_THE_OTHER),
            accept_empty=accept_empty,
            accept_restored=accept_restored,
            with_data=with_data,
            by=current_user(),
            progress=progress,
            stop=is_interrupted,
        )
        summaries = [_summary(site, report) for report in reports]
    if as_json:
        print_json([_as_json(*pair) for pair in zip(reports, summaries, strict=True)])
    for report, summary in zip(reports, summaries, strict=True):
        _show(report, summary, quiet=as_json)
    if is_interrupted() and any(report.outcome == Outcome.OUT_OF_TIME.value for report in reports):
        raise KeyboardInterrupt
    deliver_alerts(home_of(ctx), site_name_of(ctx))
    ctx.exit(outcome_of_sync(reports).exit_code)


@dataclass(frozen=True, slots=True)
class _Summary:
    """What the run has changed so far, and who can't be synced."""

    changes: tuple[ChangeCount, ...] = ()
    failed: Failed = NOBODY_FAILED
    held_why: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        by_side = {side: sum(change.count for change in self.changes if change.side == side.value) for side in Side}
        words = ", ".join(f"{number:,} {_PLACES[side]}" for side, number in by_side.items() if number)
        failing = self.failed.need_attention
        hint = f"; {failing:,} can't be synced (see `mailchimpsync failures list`)" if failing else ""
        return f"Changes: {words or 'none'}{hint}."


def _summary(site: Site, report: Report) -> _Summary:
    if report.result is None:
        return _Summary()
    changes = getchanges(site, [report.result.run_id])
    is_held = report.outcome == Outcome.HELD.value
    why = getstatus(site, group_id=report.link.group_id)[0].held_why if is_held else ()
    return _Summary(tuple(changes), count_failing(site, report.link), why)


def _show(report: Report, summary: _Summary, *, quiet: bool) -> None:
    if report.error is not None:
        show_error(report.error, report.link.title)
    elif not quiet:
        result = report.result
        words = _SENTENCES[report.outcome].format(
            updates=result.updates_outstanding if result else 0,
            stage=result.stage.value if result else "",
            plan=result.kept_plan_id if result else "",
            due=due_sentence(report.due),
            still=f" {due_sentence(report.due)[:1].upper()}{due_sentence(report.due)[1:]}" if report.due.number else "",
        )
        done = report.outcome in (Outcome.DONE.value, Outcome.UNCHANGED.value)
        mark = ("✓ ", "good") if done else ("… ", "warn")
        numbers = "" if report.outcome == Outcome.HELD.value else f" {summary.words}"
        print_sentence(stdout(), Text.assemble(mark, (report.link.title, "bold"), f": {words}{numbers}"))
        for note in (*summary.held_why, *(result.notes if result else ())):
            print_sentence(stdout(), Text(f"  {note}"))


def _as_json(report: Report, summary: _Summary) -> dict[str, object]:
    result, error = report.result, report.error
    return {
        "audience_id": report.link.audience_id,
        "group_id": report.link.group_id,
        "outcome": report.outcome,
        "run_id": result.run_id if result else None,
        "stage": result.stage.value if result else None,
        "updates_outstanding": result.updates_outstanding if result else 0,
        "notes": list(result.notes) if result else [],
        "due": report.due.number,
        "due_because": dict(report.due.by_cause),
        "kept_plan_id": result.kept_plan_id if result else None,
        "changes": summary.changes,
        "failing": summary.failed.need_attention,
        "fine": summary.failed.fine,
        "accepted": summary.failed.accepted,
        "error": {"code": error.code.value, "what": error.what, "remedy": error.remedy} if error else None,
    }
