"""Detects problems, records them, and alerts people; the service does so, and every `sync` called by cron."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailchimpsync.actions.alerts.delivery import deliver
from mailchimpsync.actions.alerts.detection import KINDS_CHECKED, find_problems
from mailchimpsync.actions.alerts.notifications import queue_notifications
from mailchimpsync.actions.alerts.problems import Kind, Problem, name_of
from mailchimpsync.actions.alerts.recording import update_problems
from mailchimpsync.actions.finding import Finding, Level
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.webhooks.registered import iterate_webhook_checks
from mailchimpsync.errors import Code
from mailchimpsync.runtime import Deadline

_OF_WEBHOOKS = (Code.WEBHOOK_MISSING, Code.WEBHOOK_WRONG, Code.WEBHOOK_UNREACHABLE)


def watch(site: Site, *, seconds: float, stop: Callable[[], bool] | None = None) -> int:
    """Record new and resolved problems, alert people, and return how many messages were sent.

    Neither side is asked. What can't be sent now is sent by a later call.

    Args:
        site: whose store is read.
        seconds: after so long no further message is sent.
        stop: likewise once it says so.

    Raises:
        StoreError: the store can't be read or written; the next call does it.
    """
    update_problems(site, find_problems(site), lambda alert: alert.kind in KINDS_CHECKED)
    queue_notifications(site)
    return deliver(site, Deadline.after(site.runtime, seconds, stop))


def watch_webhooks(site: Site, stop: Callable[[], bool] = lambda: False) -> None:
    """Ask Mailchimp whether our webhooks are as they should be, and note what is wrong with them.

    Where an account can't be asked, or once `stop` says so, what was noted stays. Without a `public_url` there are none
    to look at.
    """
    if site.settings.public_url is None or not site.configuration.connections:
        return
    findings = []
    for one in iterate_webhook_checks(site):
        if stop():
            return
        if one.level is Level.BAD:
            findings.append(one)
    is_sure = all(one.code in _OF_WEBHOOKS for one in findings)
    update_problems(site, list(_problems(findings)), lambda alert: is_sure and alert.kind == Kind.WEBHOOK)


def _problems(findings: Iterable[Finding]) -> Iterable[Problem]:
    codes = {one.code for one in findings}
    return [Problem(name_of(Kind.WEBHOOK, code), Kind.WEBHOOK, code=code) for code in _OF_WEBHOOKS if code in codes]
