"""Decides which messages to send now: new or lasting problems, the weekly summary, and the ping after a sync."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import get_args

from mailchimpsync.actions.alerts import messages as texts
from mailchimpsync.actions.alerts.enqueue import enqueue
from mailchimpsync.actions.alerts.problems import AFFECTS_PEOPLE, may_resolve_itself
from mailchimpsync.actions.alerts.summary import summary_lines
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Alerts, Configuration
from mailchimpsync.config.alerts import Weekday
from mailchimpsync.store import Transaction
from mailchimpsync.store.queries.due import count_due
from mailchimpsync.store.runs import attempts
from mailchimpsync.store.site import alerts, outbox
from mailchimpsync.store.site.alerts import StoredAlert
from mailchimpsync.sync import Outcome

PING = "ping"
PING_WITHIN = timedelta(hours=1)
"""A sync that ended earlier sends no ping."""

SUMMARY_HOUR = 7
_WEEK = timedelta(days=7)
_WEEKDAYS = get_args(Weekday)


def queue_notifications(site: Site) -> None:
    """Put the messages to send now into the outbox; several services on one store send each of them once."""
    now, wanted = site.runtime.now(), site.configuration.alerts
    with site.store.reading() as tx:
        noted = alerts.open_alerts(tx)
        wakes = bool(_pings(tx, site, noted, now)) or _summary_is_due(tx, wanted, now)
    if wakes or (wanted.channels and any(_is_due(one, now) for one in noted)):
        with site.store.begin() as tx:
            for one in alerts.open_alerts(tx):
                _queue_problem(tx, site, one, now)
            for fingerprint, failed in _pings(tx, site, noted, now):
                content = {"failed": failed}
                outbox.add_message(tx, fingerprint=fingerprint, channel=PING, content=content, now=now)
            if _summary_is_due(tx, wanted, now):
                enqueue(tx, site, _summary_name(wanted, now), texts.summary(site, summary_lines(tx, site, now - _WEEK)))


def _is_due(noted: StoredAlert, now: datetime) -> bool:
    return noted.acknowledged_at is None and noted.tell_at is not None and noted.tell_at <= now


def _queue_problem(tx: Transaction, site: Site, noted: StoredAlert, now: datetime) -> None:
    wanted = site.configuration.alerts
    if not (wanted.channels and _is_due(noted, now)):
        return
    told = noted.told
    again_at = now + timedelta(hours=wanted.remind_hours) if told < wanted.reminders else None
    if alerts.record_notification(tx, noted.id, told, now, again_at):
        enqueue(tx, site, f"alert:{noted.id}:{told + 1}", texts.problem(site, noted))


def _pings(tx: Transaction, site: Site, noted: Sequence[StoredAlert], now: datetime) -> list[tuple[str, bool]]:
    """Return the pings to send: that a sync failed, once for each problem, or that one was done and nothing fails.

    A call that found that no run was needed has succeeded too.
    """
    wanted = site.configuration
    if wanted.alerts.ping_url is None:
        return []
    failing = [one for one in noted if one.kind in AFFECTS_PEOPLE and not may_resolve_itself(one, now)]
    found = [(f"{PING}:failed:{one.id}", True) for one in failing]
    run_id = alerts.last_success(tx, [link.audience_id for link in wanted.connections], now - PING_WITHIN)
    if not failing:
        done = (run_id, _newest_unchanged(tx, wanted, now))
        found += [(f"{PING}:{one}", False) for one in done if one is not None]
    return [one for one in found if not outbox.is_known(tx, one[0])]


def _newest_unchanged(tx: Transaction, wanted: Configuration, now: datetime) -> str | None:
    """Return a name of the newest call that needed no run, or None; one that left people due hasn't succeeded."""
    ended = {
        one.audience_id: attempts.last_ended_with(tx, one.audience_id, Outcome.UNCHANGED) for one in wanted.connections
    }
    recent = [(at, list_id) for list_id, at in ended.items() if at is not None and at >= now - PING_WITHIN]
    done = [(at, list_id) for at, list_id in recent if not count_due(tx, list_id).number]
    return "{1}:{0:%Y-%m-%dT%H:%M:%S.%f}".format(*max(done)) if done else None


def _summary_is_due(tx: Transaction, wanted: Alerts, now: datetime) -> bool:
    if wanted.summary == "never" or not wanted.channels:
        return False
    return not outbox.is_known(tx, f"{_summary_name(wanted, now)}:{wanted.channels[0]}")


def _summary_name(wanted: Alerts, now: datetime) -> str:
    """Return what the newest summary that is due by now is called, by its day."""
    last = now - timedelta(hours=SUMMARY_HOUR)
    back = (last.weekday() - _WEEKDAYS.index(wanted.summary)) % len(_WEEKDAYS)
    return f"summary:{(last - timedelta(days=back)).date()}"
