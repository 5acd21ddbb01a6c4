"""A schedule in words, and when it is due next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from cronsim import CronSim
from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from mailchimpsync.actions import Site
from mailchimpsync.actions.status.connection_state import next_run_at
from mailchimpsync.config import Link, Schedule

_CRON_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_TIMES_SHOWN_MAX, _ENDS = 4, 2


def schedule_lines(schedule: Schedule) -> Iterator[str]:
    """Yield what a schedule says, a sentence each."""
    if not schedule.enabled:
        yield _("Not synced automatically.")
        return
    yield _when(schedule)
    if schedule.quiet is not None:
        begin, _dash, end = schedule.quiet.partition("-")
        text = _("Quiet hours from %(begin)s to %(end)s (%(zone)s): only changes are synced then.")
        yield text % {"begin": _clock(*begin.split(":")), "end": _clock(*end.split(":")), "zone": schedule.time_zone}
    yield _everything(schedule.full_every_days)
    yield _comparison(schedule.verify_every_days)


def _when(schedule: Schedule) -> str:
    if schedule.cron is not None:
        return _("%(words)s (%(zone)s).") % {"words": _cron_words(schedule.cron), "zone": schedule.time_zone}
    minutes = schedule.every_minutes
    return ngettext("Every minute.", "Every %(minutes)s minutes.", minutes) % {"minutes": minutes}


def _cron_words(cron: str) -> str:
    """Return what times of a crontab mean: usual ones in every language, all others in English or as they are."""
    minute, hour, *days, weekday = cron.upper().split()
    if days == ["*", "*"] and (at := _times(minute, hour)) and (on := _weekdays(weekday)):
        return _("%(days)s at %(times)s") % {"days": on, "times": at}
    if (get_language() or "en").startswith("en"):
        return CronSim(cron, datetime(2026, 1, 1)).explain()  # noqa: DTZ001 (only its words are wanted)
    return _("At the crontab times “%(cron)s”") % {"cron": cron}


def _times(minute: str, hour: str) -> str:
    minutes, hours = minute.split(","), hour.split(",")
    if not all(one.isdecimal() for one in (*minutes, *hours)) or len(minutes) * len(hours) > _TIMES_SHOWN_MAX:
        return ""
    return ", ".join(_clock(one, other) for one in hours for other in minutes)


def _clock(hour: str, minute: str) -> str:
    """Return a time of day as the reader writes it."""
    return time_format(time(int(hour), int(minute)), "TIME_FORMAT")


def _weekdays(weekday: str) -> str:
    """Return the days in words, "" where they are not simply days, or from one to another."""
    if weekday == "*":
        return _("Every day")
    found = [[_day(one) for one in part.split("-")] for part in weekday.split(",")]
    if any(None in some or len(some) > _ENDS for some in found):
        return ""
    return ", ".join("\u2013".join(str(WEEKDAYS[day]) for day in some if day is not None) for some in found)


def _day(text: str) -> int | None:
    """Return a day as Django counts, from Monday on; a crontab counts from Sunday to Sunday."""
    number = _CRON_DAYS.index(text) if text in _CRON_DAYS else int(text) if text.isdecimal() else len(_CRON_DAYS) + 1
    return (number - 1) % len(_CRON_DAYS) if number <= len(_CRON_DAYS) else None


def _everything(days: int) -> str:
    if not days:
        return _("Full syncs run only on request.")
    return ngettext("Full sync every day.", "Full sync every %(days)s days.", days) % {"days": days}


def _comparison(days: int) -> str:
    if not days:
        return _("Full comparisons run only on request.")
    text = ngettext("Full comparison every day.", "Full comparison every %(days)s days.", days)
    return text % {"days": days}


def next_due(site: Site, link: Link) -> datetime | None:
    """Return when a service will sync a connection next; None: no service does, whatever the schedule says."""
    now = site.runtime.now()
    with site.store.reading() as tx:
        at = next_run_at(tx, link, now)
    return max(at, now) if at is not None else None
