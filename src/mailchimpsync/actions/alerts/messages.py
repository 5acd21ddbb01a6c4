"""The content of messages, as plain values and sentences; each channel formats them in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from mailchimpsync.actions.alerts.descriptions import describe
from mailchimpsync.actions.alerts.places import place_of, start_page
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.site import Site
from mailchimpsync.messages import Message, as_message, moment, say
from mailchimpsync.store.site.alerts import StoredAlert

Content = dict[str, Any]
BULLET = "• "


def problem(site: Site, alert: StoredAlert) -> Content:
    """Return the message that reports a problem, or reminds people of it."""
    words = describe(site.configuration, alert)
    lines = [
        words.what,
        say("What to do: %(remedy)s", remedy=as_message(words.remedy)),
        say("Since %(time)s.", time=moment(alert.began_at)),
        say("To stop the reminders, run `mailchimpsync alerts ack %(id)s`.", id=alert.id),
    ]
    if alert.told_at is not None:
        return _message(site, "reminder", say("Reminder: %(title)s", title=words.title), lines, alert)
    return _message(site, "problem", words.title, lines, alert)


def recovery(site: Site, alert: StoredAlert) -> Content:
    """Return the message that a problem is resolved."""
    began = moment(alert.began_at)
    lines = [say("The problem began at %(time)s and is resolved. You don't need to do anything.", time=began)]
    title = say("Resolved: %(title)s", title=describe(site.configuration, alert).title)
    return _message(site, "recovered", title, lines, alert)


def summary(site: Site, lines: Sequence[str]) -> Content:
    """Return the weekly summary."""
    return _message(site, "summary", say("Weekly summary"), lines)


def test(site: Site) -> Content:
    """Return a message that only shows that messages arrive."""
    lines = [say("If you can read this, alerts reach you. You don't need to do anything.")]
    return _message(site, "test", say("Test message"), lines)


def bullet(text: str) -> Message:
    """Return a line as an item of a list."""
    return Message(f"{BULLET}%(text)s", {"text": text})


def _message(site: Site, event: str, title: str, lines: Sequence[str], alert: StoredAlert | None = None) -> Content:
    place = start_page() if alert is None or event == "recovered" else place_of(alert)
    public = site.settings.public_url
    return {
        "event": event,
        "site": _name(site),
        "title": title,
        "lines": list(lines),
        "url": f"{public.rstrip('/')}/{place.path}" if public else None,
        "button": place.label,
        "at": plain(site.runtime.now()),
        "time_zone": _time_zone(site, alert),
        "alert": _about(alert) if alert is not None else None,
    }


def _time_zone(site: Site, alert: StoredAlert | None) -> str:
    """Return the zone of a connection's schedule; without a connection, that of all of them, if it is the same."""
    about = None if alert is None else alert.list_id
    zones = {one.schedule.time_zone for one in site.configuration.connections if about in (None, one.audience_id)}
    return zones.pop() if len(zones) == 1 else "UTC"


def _about(alert: StoredAlert) -> dict[str, Any]:
    names = ("id", "kind", "code", "list_id", "began_at")
    return {name: plain(getattr(alert, name)) for name in names}


def _name(site: Site) -> str:
    """Sites are told apart by the CiviCRM they sync."""
    return (urlsplit(site.configuration.civicrm.url).hostname or "") if site.configuration.civicrm else ""


def headline(content: Content) -> str:
    """Return a message's subject: which site it is about, and what."""
    return " ".join(f"[mailchimpsync {content['site']}] {content['title']}".split())


def paragraphs(content: Content) -> list[str]:
    """Return a message's text."""
    return [content["title"], *content["lines"], *([content["url"]] if content["url"] else [])]
