"""Asks Mailchimp whether our webhooks are registered as they should be, and records what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailchimpsync.actions.alerts.problems import Kind, Problem, name_of
from mailchimpsync.actions.alerts.recording import update_problems
from mailchimpsync.actions.finding import Finding, Level
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.webhooks.registered import iterate_webhook_checks
from mailchimpsync.errors import Code

_OF_WEBHOOKS = (Code.WEBHOOK_MISSING, Code.WEBHOOK_WRONG, Code.WEBHOOK_UNREACHABLE)


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
