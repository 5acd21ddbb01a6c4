"""The outcome of a background task, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import AppliedPlan, ConnectionStatus, Plan, Report
from mailchimpsync.actions.status.state_texts import deleted_interests_sentence, due_sentence
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.verify import Verdict, VerificationResult
from mailchimpsync.web.background_tasks import BackgroundTask
from mailchimpsync.web.templatetags.screens import translated

SYNCS = frozenset({"sync", "apply"})
"""The kinds of tasks that sync."""


@dataclass(frozen=True)
class OutcomeMessage:
    """An outcome in words, with its level, and where to continue."""

    level: str
    title: str
    what: str = ""
    remedy: str = ""
    url: str = ""
    button: str = ""


def outcome_of(
    task: BackgroundTask | None, status: ConnectionStatus, *, is_failure_noted: bool
) -> OutcomeMessage | None:
    """Return the outcome of a task; None while it runs, if there is none, or if something else says it by now.

    A held sync has a notice until someone decides, a failure has one until it is over (`is_failure_noted`), and after
    a later attempt an outcome is out of date.
    """
    if task is None or task.is_under_way or (is_failure_noted and task_failed(task)):
        return None
    attempted = status.state.attempted_at
    if attempted is not None and task.ended_at is not None and attempted > task.ended_at and task.kind in SYNCS:
        return None
    if task.error is not None:
        return _failure(task.error)
    for found in results_of(task):
        return _outcome(found)
    return None


def task_failed(task: BackgroundTask) -> bool:
    """Return whether a task ended with an error of a sync."""
    reports = (one.report if isinstance(one, AppliedPlan) else one for one in results_of(task))
    return task.kind in SYNCS and (
        task.error is not None or any(isinstance(one, Report) and one.error is not None for one in reports)
    )


def results_of(task: BackgroundTask | None) -> list[Any]:
    """Return what a task returned, as a list."""
    result = task.result if task is not None else None
    return result if isinstance(result, list) else [result]


def _outcome(found: Any) -> OutcomeMessage | None:
    if isinstance(found, Report):
        return _sync_outcome(found)
    if isinstance(found, AppliedPlan):
        return _sync_outcome(found.report)
    if isinstance(found, Plan):
        plan = reverse("plan", args=[found.id])
        return OutcomeMessage("good", _("The plan is ready"), url=plan, button=_("Review the plan"))
    return _verification_outcome(found) if isinstance(found, VerificationResult) else None


def _sync_outcome(report: Report) -> OutcomeMessage | None:
    if report.error is not None:
        return _failure(report.error)
    if report.outcome == Outcome.HELD:
        return None
    url, button = _run_of(report)
    words = {
        "done": OutcomeMessage(
            "good", _("The sync is done"), _("Nobody is waiting for the next sync."), url=url, button=button
        ),
        "unchanged": OutcomeMessage(
            "good", _("Nothing has changed"), _("Neither side has changed since the last sync.")
        ),
        "incomplete": OutcomeMessage(
            "bad" if report.due.put_off else "middle", _("Some people are still due"), due_sentence(report.due)
        ),
        "waiting": OutcomeMessage(
            "middle", _("Everything has been sent"), _("Mailchimp is still processing it. The results are read later.")
        ),
        "paused": OutcomeMessage(
            "middle",
            _("The sync was interrupted"),
            _("The sync goes on once the connection is resumed."),
        ),
        "aborted": OutcomeMessage("middle", _("The sync was stopped"), _("The next sync decides again.")),
    }
    return words.get(report.outcome) or OutcomeMessage(
        "middle", _("The sync isn't finished"), _("The next sync resumes where it stopped.")
    )


def _run_of(report: Report) -> tuple[str, str]:
    """Return where what a sync changed is shown, and the words of the link."""
    run_id = report.result.run_id if report.result is not None else 0
    return (reverse("run", args=[run_id]), _("See what it changed")) if run_id else ("", "")


def _verification_outcome(found: VerificationResult) -> OutcomeMessage:
    url = reverse("differences", args=[found.list_id])
    if found.verdict is Verdict.AGREE:
        return OutcomeMessage("good", _("Both sides agree"), url=url, button=_("See what was compared"))
    if found.verdict is Verdict.EXPLAINED:
        what = _("Differences with a known reason: %(number)s.") % {"number": found.explained}
        if found.gone_interests:
            what = f"{what} {deleted_interests_sentence(found.gone_interests)}"
        title = _("Both sides differ, but every difference has a known reason")
        return OutcomeMessage("middle", title, what, url=url, button=_("See the differences"))
    what = _("Unexplained differences: %(number)s.") % {"number": found.unexplained}
    return OutcomeMessage("bad", _("Both sides differ"), what, url=url, button=_("See the differences"))


def _failure(error: MailchimpsyncError) -> OutcomeMessage:
    entry = explain_code(error.code)
    return OutcomeMessage("bad", _(entry.sentence), error.what, translated(error.remedy))
