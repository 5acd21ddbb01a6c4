"""Records new, changed and resolved problems in the store; `notifications.py` queues the alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from mailchimpsync.actions.alerts.detection import key_names
from mailchimpsync.actions.alerts.enqueue import enqueue
from mailchimpsync.actions.alerts.messages import recovery
from mailchimpsync.actions.alerts.problems import Kind, Problem, compare, may_resolve_itself, name_of
from mailchimpsync.actions.runs.reports import Report
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import ACCESS_CODES, EXIT_MORE_TO_DO, BusyError, Code, MailchimpsyncError, PausedError
from mailchimpsync.messages import moment
from mailchimpsync.store import Transaction
from mailchimpsync.store.site import alerts
from mailchimpsync.store.site.alerts import StoredAlert
from mailchimpsync.sync import Outcome

PASSING = timedelta(hours=1)
"""How long an error that may resolve itself must last before people are alerted."""

CAMPAIGNS_PASSING = timedelta(days=1)
"""Likewise for an import of campaigns, which is less urgent."""

_OF_MAILCHIMPS_KEY = frozenset({Code.MC_AUTH, Code.MC_BAD_KEY, Code.MC_FORBIDDEN, Code.MC_DISABLED, Code.MC_PLAN})
_OF_CIVICRMS_KEY = frozenset(
    {
        Code.CV_AUTH,
        Code.CV_AUTH_GUARD,
        Code.CV_AUTH_METHOD,
        Code.CV_WEB_SERVER,
        Code.CV_NO_PERMISSION,
        Code.CV_SEES_PART,
    }
)
_COMPLETE = frozenset(
    one.value for one in (Outcome.DONE, Outcome.UNCHANGED, Outcome.WAITING, Outcome.INCOMPLETE, Outcome.HELD)
)


def update_problems(site: Site, problems: Sequence[Problem], was_checked: Callable[[StoredAlert], bool]) -> None:
    """Record what is new, has changed, or is resolved; if people were alerted, tell them once that it is resolved."""
    with site.store.reading() as tx:
        if compare(alerts.open_alerts(tx), problems, was_checked).is_nothing:
            return
    with site.store.begin() as tx:
        found = compare(alerts.open_alerts(tx), problems, was_checked)
        for problem in found.raised:
            _raise(tx, site, problem)
        for alert, problem in found.changed:
            _change(tx, site, alert, problem)
        for alert in found.recovered:
            if alerts.recover_alert(tx, alert.id, site.runtime.now()) and alert.told:
                enqueue(tx, site, f"alert:{alert.id}:over", recovery(site, alert))


def update_from_report(site: Site, report: Report) -> None:
    """Note that a call of a run failed, or that the connection is well again."""
    if report.error is not None:
        update_from_error(site, report.link, report.error)
    elif report.result is not None:
        civicrm, mailchimp = key_names(report.link)
        well = {civicrm} if report.due.by_cause.keys() & ACCESS_CODES else {civicrm, mailchimp}
        if report.outcome in _COMPLETE:
            well.add(name_of(Kind.FAILED, report.link.audience_id))
        update_problems(site, [], lambda alert: alert.problem in well)


def update_from_error(site: Site, link: Link, error: MailchimpsyncError) -> None:
    """Note that a call of a run failed, unless another one was at work or the connection is paused."""
    if isinstance(error, BusyError | PausedError) or error.code is Code.LEASE_LOST:
        return
    update_problems(site, [_problem(link, error)], lambda _noted: False)


def update_from_campaigns(site: Site, link: Link, error: MailchimpsyncError | None, failed: Mapping[str, int]) -> None:
    """Note that an import of campaigns, or some campaigns of it (by code), failed, or that all is well with them.

    Another run at work is no problem, and a fault that may pass is one only once it has lasted.
    """
    if error is not None and (isinstance(error, BusyError | PausedError) or error.code is Code.LEASE_LOST):
        return
    name = name_of(Kind.CAMPAIGNS, link.audience_id)
    problems: list[Problem] = []
    if error is not None:
        grace = CAMPAIGNS_PASSING if error.exit_code == EXIT_MORE_TO_DO else timedelta(0)
        problems.append(Problem(name, Kind.CAMPAIGNS, link.audience_id, error.code, grace=grace))
    elif failed:
        code = Code(max(failed, key=lambda one: failed[one]))
        problems.append(Problem(name, Kind.CAMPAIGNS, link.audience_id, code, {"failing": sum(failed.values())}))
    update_problems(site, problems, lambda alert: alert.problem == name)


def _problem(link: Link, error: MailchimpsyncError) -> Problem:
    """A refused key is one problem, however many connections need it."""
    civicrm, mailchimp = key_names(link)
    if error.code in _OF_CIVICRMS_KEY:
        return Problem(civicrm, Kind.KEY, code=error.code)
    if error.code in _OF_MAILCHIMPS_KEY:
        return Problem(mailchimp, Kind.KEY, code=error.code, data={"account": link.account})
    grace = PASSING if error.exit_code == EXIT_MORE_TO_DO else timedelta(0)
    data = {"since": moment(error.lasts_since)} if error.lasts_since else {}
    return Problem(name_of(Kind.FAILED, link.audience_id), Kind.FAILED, link.audience_id, error.code, data, grace)


def _raise(tx: Transaction, site: Site, problem: Problem) -> None:
    now = site.runtime.now()
    alerts.raise_alert(
        tx,
        problem.name,
        kind=problem.kind.value,
        list_id=problem.list_id,
        code=problem.code.value if problem.code else None,
        data=dict(problem.data),
        began_at=now,
        tell_at=now + problem.grace,
    )


def _change(tx: Transaction, site: Site, alert: StoredAlert, problem: Problem) -> None:
    """Another code starts a new alert, even if the problem was acknowledged; the number of alerts stays bounded.

    A problem that was expected to pass, and does not, is reported immediately.
    """
    code = problem.code.value if problem.code else None
    values: dict[str, Any] = {"code": code, "data": dict(problem.data)}
    if not problem.grace and may_resolve_itself(alert, site.runtime.now()):
        values["tell_at"] = site.runtime.now()
    if code != alert.code and alert.told <= site.configuration.alerts.reminders:
        soonest = max(site.runtime.now(), alert.began_at + problem.grace)
        values |= {"acknowledged_at": None, "acknowledged_by": None, "told_at": None, "tell_at": soonest}
    alerts.change_alert(tx, alert.id, alert.code, values)
