"""What came of an errand, as its page tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import Applied, Plan, Report
from mailchimpsync.actions.status.connection_state import deleted_interests_sentence, due_sentence
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.sync.verify import Verdict, Verified
from mailchimpsync.web.background_tasks import BackgroundTask


@dataclass(frozen=True)
class Outcome:
    """What came of it: in words, with how good that is, and where to go on."""

    level: str
    title: str
    what: str = ""
    remedy: str = ""
    url: str = ""
    button: str = ""


def outcome_of(errand: BackgroundTask | None) -> Outcome | None:
    """Return what came of an errand; None while it is under way, or where there is none."""
    if errand is None or errand.is_under_way:
        return None
    if errand.error is not None:
        return _failure(errand.error)
    for found in _results(errand.result):
        return _outcome(found)
    return None


def _results(result: Any) -> Iterator[Any]:
    yield from result if isinstance(result, list) else [result]


def _outcome(found: Any) -> Outcome | None:
    if isinstance(found, Report):
        return _sync_outcome(found)
    if isinstance(found, Applied):
        return _sync_outcome(found.report)
    if isinstance(found, Plan):
        plan = reverse("plan", args=[found.id])
        return Outcome("good", _("The plan is made"), url=plan, button=_("Look at the plan"))
    return _verification_outcome(found) if isinstance(found, Verified) else None


def _sync_outcome(report: Report) -> Outcome:
    if report.error is not None:
        return _failure(report.error)
    if report.result is not None and report.outcome == "held":
        plan = reverse("plan", args=[report.result.kept_plan_id])
        what = _("It would change more people than it may unseen. Nothing was changed.")
        return Outcome("bad", _("The sync is held"), what, url=plan, button=_("Look at the plan"))
    words = {
        "done": Outcome("good", _("The sync is done"), _("Nobody is due.")),
        "incomplete": Outcome(
            "bad" if report.due.put_off else "middle", _("People are still due"), due_sentence(report.due)
        ),
        "waiting": Outcome(
            "middle", _("Everything is sent"), _("Mailchimp is still at work on it; its answers are read later.")
        ),
        "aborted": Outcome("middle", _("The sync was stopped"), _("The next sync decides again.")),
    }
    return words.get(report.outcome) or Outcome(
        "middle", _("The sync is not at its end"), _("The next sync goes on where it was.")
    )


def _verification_outcome(found: Verified) -> Outcome:
    url = reverse("differences", args=[found.list_id])
    if found.verdict is Verdict.AGREE:
        return Outcome("good", _("Both sides agree"), url=url, button=_("See what was compared"))
    if found.verdict is Verdict.EXPLAINED:
        what = _("Differences with a known reason: %(number)s.") % {"number": found.explained}
        if found.gone_interests:
            what = f"{what} {deleted_interests_sentence(found.gone_interests)}"
        title = _("Both sides differ, and each difference has a known reason")
        return Outcome("middle", title, what, url=url, button=_("See the differences"))
    what = _("Differences that nothing explains: %(number)s.") % {"number": found.unexplained}
    return Outcome("bad", _("Both sides differ"), what, url=url, button=_("See the differences"))


def _failure(error: MailchimpsyncError) -> Outcome:
    entry = explain_code(error.code)
    return Outcome("bad", _(entry.sentence), error.what, _(error.remedy) if error.remedy else "")
