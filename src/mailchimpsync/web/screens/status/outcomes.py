"""The outcome of a background task, as its page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import AppliedPlan, Plan, Report
from mailchimpsync.actions.status.state_texts import deleted_interests_sentence, due_sentence
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.sync.verify import Verdict, VerificationResult
from mailchimpsync.web.background_tasks import BackgroundTask
from mailchimpsync.web.templatetags.screens import translated


@dataclass(frozen=True)
class OutcomeMessage:
    """An outcome in words, with its level, and where to continue."""

    level: str
    title: str
    what: str = ""
    remedy: str = ""
    url: str = ""
    button: str = ""


def outcome_of(task: BackgroundTask | None) -> OutcomeMessage | None:
    """Return the outcome of a task; None while it runs, or if there is none."""
    if task is None or task.is_under_way:
        return None
    if task.error is not None:
        return _failure(task.error)
    for found in _results(task.result):
        return _outcome(found)
    return None


def _results(result: Any) -> Iterator[Any]:
    yield from result if isinstance(result, list) else [result]


def _outcome(found: Any) -> OutcomeMessage | None:
    if isinstance(found, Report):
        return _sync_outcome(found)
    if isinstance(found, AppliedPlan):
        return _sync_outcome(found.report)
    if isinstance(found, Plan):
        plan = reverse("plan", args=[found.id])
        return OutcomeMessage("good", _("The plan is ready"), url=plan, button=_("Review the plan"))
    return _verification_outcome(found) if isinstance(found, VerificationResult) else None


def _sync_outcome(report: Report) -> OutcomeMessage:
    if report.error is not None:
        return _failure(report.error)
    if report.result is not None and report.outcome == "held":
        plan = reverse("plan", args=[report.result.kept_plan_id])
        what = _("It would change more people than your limit allows without review. Nothing was changed.")
        return OutcomeMessage("bad", _("The sync is held for review"), what, url=plan, button=_("Review the plan"))
    words = {
        "done": OutcomeMessage("good", _("The sync is done"), _("No one is due.")),
        "unchanged": OutcomeMessage(
            "good", _("Nothing has changed"), _("Neither side has changed since the last sync.")
        ),
        "incomplete": OutcomeMessage(
            "bad" if report.due.put_off else "middle", _("Some people are still due"), due_sentence(report.due)
        ),
        "waiting": OutcomeMessage(
            "middle", _("Everything has been sent"), _("Mailchimp is still processing it. The results are read later.")
        ),
        "aborted": OutcomeMessage("middle", _("The sync was stopped"), _("The next sync decides again.")),
    }
    return words.get(report.outcome) or OutcomeMessage(
        "middle", _("The sync isn't finished"), _("The next sync resumes where it stopped.")
    )


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
