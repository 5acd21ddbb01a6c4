"""Detects problems, records them, and alerts people; the service does so, and every `sync` called by cron."""

from __future__ import annotations

from collections.abc import Callable

from mailchimpsync.actions.alerts.delivery import deliver
from mailchimpsync.actions.alerts.detection import KINDS_CHECKED, find_problems
from mailchimpsync.actions.alerts.notifications import queue_notifications
from mailchimpsync.actions.alerts.recording import update_problems
from mailchimpsync.actions.site import Site
from mailchimpsync.runtime import Deadline


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
