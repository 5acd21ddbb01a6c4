"""The check-up of alerts: whether there is a channel, whether the channels work, and which problems are open."""

from __future__ import annotations

from collections.abc import Iterator

from mailchimpsync.actions.alerts.api import getalerts
from mailchimpsync.actions.alerts.channel_test import CHANNEL_NAMES, NO_CHANNEL
from mailchimpsync.actions.finding import Finding, Level, Step, ok
from mailchimpsync.actions.site import Site
from mailchimpsync.messages import say
from mailchimpsync.store.site import outbox
from mailchimpsync.store.site.outbox import Message

_SUBJECT = say("Alerts")


def check_alerts(site: Site) -> Iterator[Finding]:
    """Check that there is a channel and that every channel delivers, and count open problems."""
    wanted = site.configuration.alerts
    names = [*wanted.channels, *(["ping"] if wanted.ping_url else [])]
    with site.store.reading() as tx:
        tried = outbox.newest_by_channel(tx)
    if not names:
        yield Finding(Level.WARNING, _SUBJECT, NO_CHANNEL, Step.ADD_CHANNEL)
    if lasting := len(getalerts(site)):
        yield Finding(Level.WARNING, _SUBJECT, say("Open problems: %(number)s.", number=lasting), Step.SEE_ALERTS)
    for name in names:
        yield _check_channel(name, tried.get(name))


def _check_channel(name: str, newest: Message | None) -> Finding:
    subject = say("Alerts: %(channel)s", channel=CHANNEL_NAMES[name])
    if newest is None:
        return ok(subject, say("Nothing has been sent yet. Send a test with `mailchimpsync alerts test`."))
    if newest.note is None:
        return ok(subject, say("The latest message was accepted."))
    found = say("The latest message wasn't accepted, or not for every recipient: %(note)s.", note=newest.note)
    return Finding(Level.WARNING, subject, found, Step.TEST_CHANNELS)
