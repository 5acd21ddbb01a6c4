"""When a connection is synced automatically."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import last_syncs
from mailchimpsync.config import Link, Schedule
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.part import PartForm, edit_part
from mailchimpsync.web.screens.configuration.connection.schedule_words import next_due, schedule_lines
from mailchimpsync.web.screens.configuration.fields import NotBlank, check_box, number_field
from mailchimpsync.web.screens.screen import Visit

INTERVALS = (1, 15, 30, 60)
"""Minutes between syncs that can be chosen."""

DAILY, WEEKDAYS, EVERY, CRON = "daily", "weekdays", "every", "cron"
ADVANCED = (EVERY, CRON)
"""The choices with which every schedule can be said; they are folded away unless one of them is needed."""

_CRON_OF = {DAILY: "{at.minute} {at.hour} * * *", WEEKDAYS: "{at.minute} {at.hour} * * 1-5"}
_NEEDED = {DAILY: "time_of_day", WEEKDAYS: "time_of_day", EVERY: "every_minutes", CRON: "cron"}
_USUAL = Schedule()


class ScheduleForm(PartForm):
    """A schedule. Every one is shown as the first choice that says exactly the same."""

    part = "schedule"
    enabled = check_box(gettext_lazy("Sync automatically"))
    kind = forms.ChoiceField(
        label=gettext_lazy("When"),
        widget=forms.RadioSelect,
        choices=[
            ("1", gettext_lazy("Every minute (recommended)")),
            ("15", gettext_lazy("Every 15 minutes")),
            ("30", gettext_lazy("Every 30 minutes")),
            ("60", gettext_lazy("Every hour")),
            (DAILY, gettext_lazy("Every day at a set time")),
            (WEEKDAYS, gettext_lazy("Monday to Friday at a set time")),
            (EVERY, gettext_lazy("At another interval")),
            (CRON, gettext_lazy("At other times (crontab format)")),
        ],
    )
    time_of_day = forms.TimeField(
        label=gettext_lazy("Time of day"),
        help_text=gettext_lazy(
            "Someone who leaves in CiviCRM stays subscribed at Mailchimp until then, and gets what is sent before."
        ),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "short"}, format="%H:%M"),
    )
    every_minutes = number_field(Schedule, "every_minutes", gettext_lazy("Minutes between syncs"), required=False)
    cron = NotBlank(
        label=gettext_lazy("Times (crontab format)"),
        help_text=gettext_lazy(
            "Minute, hour, day, month, day of the week. For example, “0 6,18 * * 1-5” means 6:00 and 18:00 on weekdays."
        ),
        max_length=100,
        required=False,
    )
    quiet_begin = forms.TimeField(
        label=gettext_lazy("Quiet hours from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "short"}, format="%H:%M"),
    )
    quiet_end = forms.TimeField(
        label=gettext_lazy("Quiet hours until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "short"}, format="%H:%M"),
    )
    time_zone = NotBlank(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Applies to all times on this page. For example, Europe/Paris."),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )
    full_every_days = number_field(
        Schedule,
        "full_every_days",
        gettext_lazy("Full sync every … days"),
        help_text=gettext_lazy(
            "Other syncs read only what changed. A full sync also finds changes that neither side reported. "
            "0 turns it off."
        ),
    )
    verify_every_days = number_field(
        Schedule,
        "verify_every_days",
        gettext_lazy("Full comparison every … days"),
        help_text=gettext_lazy("It changes nothing and reports differences. 0 turns it off."),
    )
    jitter_seconds = number_field(
        Schedule,
        "jitter_seconds",
        gettext_lazy("Random delay (seconds)"),
        help_text=gettext_lazy(
            "Each scheduled sync starts up to this much later, so that many sites don't all start at the same time."
        ),
    )

    def __init__(self, visit: Visit, link: Link) -> None:
        """Take the schedule as it is. A time zone that nobody has set yet is the CiviCRM site's, or the browser's."""
        schedule, civicrm = link.schedule, visit.site.configuration.civicrm
        begin, _dash, end = (schedule.quiet or "").partition("-")
        kind, at = choice_of(schedule)
        of_site = civicrm.time_zone if civicrm is not None else None
        zone = schedule.time_zone if has_zone(schedule) else of_site or schedule.time_zone
        super().__init__(visit, link, kind=kind, time_of_day=at, quiet_begin=begin, quiet_end=end, time_zone=zone)
        if not has_zone(schedule) and of_site is None and not self.is_bound:
            self.fields["time_zone"].widget.attrs["data-time-zone"] = ""

    def clean_cron(self) -> str:
        """It must be one."""
        cron: str = self.cleaned_data["cron"]
        try:
            if cron:
                CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError:
            raise ValidationError(_("Enter five fields in crontab format.")) from None
        return cron

    def clean_time_zone(self) -> str:
        """It must be one that is known here."""
        name: str = self.cleaned_data["time_zone"]
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            raise ValidationError(_("This time zone doesn't exist. Use a name such as Europe/Paris.")) from None
        return name

    def clean(self) -> dict[str, Any]:
        """What was chosen must be given too; what belongs to other choices doesn't matter."""
        given = super().clean()
        needed = _NEEDED.get(given.get("kind", ""))
        for name in set(_NEEDED.values()) - {needed}:
            self.errors.pop(name, None)
        if needed and not given.get(needed) and not self.has_error(needed):
            self.add_error(needed, _("Fill this in, or make another choice."))
        if (given.get("quiet_begin") is None) != (given.get("quiet_end") is None):
            self.add_error("quiet_end", _("Enter both times, or neither."))
        return given

    @property
    def values(self) -> dict[str, Any]:
        """The schedule as the form says it."""
        given = self.cleaned_data
        begin, end = given["quiet_begin"], given["quiet_end"]
        return {
            **super().values,
            **_times_of(given, self.link.schedule),
            "quiet": f"{begin:%H:%M}-{end:%H:%M}" if begin and end and begin != end else None,
        }

    @property
    def context(self) -> dict[str, Any]:
        """The time zones to choose from, what is folded away, and whether there has been no sync yet."""
        zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
        advanced = [one for one in self["kind"] if one.data["value"] in ADVANCED]
        return {
            "zones": zones,
            "choices": [one for one in self["kind"] if one.data["value"] not in ADVANCED],
            "advanced": advanced,
            "is_advanced": self["kind"].value() in ADVANCED
            or self.link.schedule.jitter_seconds != _USUAL.jitter_seconds
            or self.has_error("jitter_seconds"),
            "is_new": last_syncs(self.visit.site)[self.link.audience_id].at is None,
        }


def choice_of(schedule: Schedule) -> tuple[str, str]:
    """Return the first choice that says exactly what a schedule says, and the time of day if it has one."""
    if schedule.cron is None:
        return (str(schedule.every_minutes) if schedule.every_minutes in INTERVALS else EVERY), ""
    minute, hour, *_days = schedule.cron.split()
    with suppress(ValueError):
        at = time(int(hour), int(minute))
        for kind, form in _CRON_OF.items():
            if form.format(at=at) == schedule.cron:
                return kind, f"{at:%H:%M}"
    return CRON, ""


def has_zone(schedule: Schedule) -> bool:
    """Say whether somebody has set a schedule's time zone, or it has an effect."""
    return schedule.time_zone != _USUAL.time_zone or schedule.cron is not None or schedule.quiet is not None


def _times_of(given: dict[str, Any], before: Schedule) -> dict[str, Any]:
    """Return the times that were chosen. An interval stays beside a crontab, where it has no effect."""
    kind = given["kind"]
    if kind in _CRON_OF:
        return {"every_minutes": before.every_minutes, "cron": _CRON_OF[kind].format(at=given["time_of_day"])}
    if kind == CRON:
        return {"every_minutes": before.every_minutes, "cron": given["cron"]}
    return {"every_minutes": given["every_minutes"] if kind == EVERY else int(kind), "cron": None}


def card(visit: Visit, link: Link) -> Card:
    """Say when it is synced, and when next."""
    lines = list(schedule_lines(link.schedule))
    at = next_due(visit.site, link)
    if link.schedule.enabled and at is None:
        lines.append(_("No service is running this schedule at the moment."))
    url = reverse("configuration-schedule", args=[link.audience_id])
    return Card("schedule", _("Schedule"), lines, url, _("Change schedule"), next_at=at)


urlpatterns = [edit_part("schedule", ScheduleForm)]
