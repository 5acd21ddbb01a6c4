"""A schedule in words, and when it is due next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cronsim import CronSim
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import LastSync, Site
from mailchimpsync.actions.schedule import due, past_of
from mailchimpsync.config import Link, Schedule


def schedule_lines(schedule: Schedule) -> Iterator[str]:
    """Yield what a schedule says, a sentence each."""
    if not schedule.enabled:
        yield _("It is not synced by itself.")
        return
    yield _when(schedule)
    if schedule.quiet is not None:
        begin, _dash, end = schedule.quiet.partition("-")
        text = _("Quiet between %(begin)s and %(end)s (%(zone)s): nothing is synced then.")
        yield text % {"begin": begin, "end": end, "zone": schedule.time_zone}
    yield _everything(schedule.full_every_days)
    yield _comparison(schedule.verify_every_days)


def _when(schedule: Schedule) -> str:
    if schedule.cron is not None:
        words = CronSim(schedule.cron, datetime(2026, 1, 1)).explain()  # noqa: DTZ001 (only its words are wanted)
        return _("%(words)s (%(zone)s).") % {"words": words, "zone": schedule.time_zone}
    minutes = schedule.every_minutes
    return ngettext("Every minute.", "Every %(minutes)s minutes.", minutes) % {"minutes": minutes}


def _everything(days: int) -> str:
    if not days:
        return _("Everything is read anew only when somebody asks for it.")
    return ngettext("Everything is read anew every day.", "Everything is read anew every %(days)s days.", days) % {
        "days": days
    }


def _comparison(days: int) -> str:
    if not days:
        return _("Both sides are compared in full only when somebody asks for it.")
    text = ngettext(
        "Both sides are compared in full every day.", "Both sides are compared in full every %(days)s days.", days
    )
    return text % {"days": days}


def next_due(site: Site, link: Link, last: LastSync) -> datetime | None:
    """Return when the service will sync a connection next, as far as its schedule says; None: not by itself."""
    now = site.runtime.now()
    at = due(link.schedule, past_of(last.run, now, None), now, link.audience_id)
    return max(at, now) if at is not None else None
