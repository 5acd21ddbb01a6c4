"""The content of messages, as plain values; each channel formats them in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from mailchimpsync.actions.alerts.descriptions import describe
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.site import Site
from mailchimpsync.messages import moment
from mailchimpsync.store.site.alerts import StoredAlert

Content = dict[str, Any]


def problem(site: Site, alert: StoredAlert) -> Content:
    """Return the message that reports a problem, or reminds people of it."""
    words = describe(site.configuration, alert)
    known = f"To stop the reminders, run `mailchimpsync alerts ack {alert.id}`."
    lasts = f"Since {moment(alert.began_at)}."
    lines = [words.what, f"What to do: {words.remedy}", lasts, known]
    if alert.told_at is not None:
        return _message(site, "reminder", f"Reminder: {words.title}", lines, alert)
    return _message(site, "problem", words.title, lines, alert)


def recovery(site: Site, alert: StoredAlert) -> Content:
    """Return the message that a problem is resolved."""
    lines = [f"The problem began at {moment(alert.began_at)} and is resolved. You don't need to do anything."]
    return _message(site, "recovered", f"Resolved: {describe(site.configuration, alert).title}", lines, alert)


def summary(site: Site, lines: Sequence[str]) -> Content:
    """Return the weekly summary."""
    return _message(site, "summary", "Weekly summary", lines)


def test(site: Site) -> Content:
    """Return a message that only shows that messages arrive."""
    return _message(
        site, "test", "Test message", ["If you can read this, alerts reach you. You don't need to do anything."]
    )


def _message(site: Site, event: str, title: str, lines: Sequence[str], alert: StoredAlert | None = None) -> Content:
    return {
        "event": event,
        "site": _name(site),
        "title": title,
        "lines": list(lines),
        "url": site.settings.public_url,
        "at": plain(site.runtime.now()),
        "alert": _about(alert) if alert is not None else None,
    }


def _about(alert: StoredAlert) -> dict[str, Any]:
    names = ("id", "kind", "code", "list_id", "began_at")
    return {name: plain(getattr(alert, name)) for name in names}


def _name(site: Site) -> str:
    """Sites are told apart by the CiviCRM they sync."""
    return (urlsplit(site.configuration.civicrm.url).hostname or "") if site.configuration.civicrm else ""
