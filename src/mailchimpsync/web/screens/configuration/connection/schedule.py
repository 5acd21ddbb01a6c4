"""When a connection is synced automatically."""

from __future__ import annotations

from datetime import UTC, datetime
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

EVERY, CRON = "every", "cron"


class ScheduleForm(PartForm):
    """A schedule."""

    part = "schedule"
    enabled = check_box(gettext_lazy("Sync automatically"))
    kind = forms.ChoiceField(
        label=gettext_lazy("When"),
        widget=forms.RadioSelect,
        choices=[
            (EVERY, gettext_lazy("At a regular interval")),
            (CRON, gettext_lazy("At set times (crontab format)")),
        ],
    )
    every_minutes = number_field(
        Schedule,
        "every_minutes",
        gettext_lazy("Minutes between syncs"),
        required=False,
    )
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
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_end = forms.TimeField(
        label=gettext_lazy("Quiet hours until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
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
        """Take the schedule as it is."""
        begin, _dash, end = (link.schedule.quiet or "").partition("-")
        kind = EVERY if link.schedule.cron is None else CRON
        super().__init__(visit, link, kind=kind, quiet_begin=begin, quiet_end=end)

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
        """What was chosen must be given too."""
        given = super().clean()
        needed = "cron" if given.get("kind") == CRON else "every_minutes"
        if not given.get(needed) and not self.has_error(needed):
            self.add_error(needed, _("Fill this in, or choose the other option."))
        if (given.get("quiet_begin") is None) != (given.get("quiet_end") is None):
            self.add_error("quiet_end", _("Enter both times, or neither."))
        return given

    @property
    def values(self) -> dict[str, Any]:
        """The schedule as the form says it."""
        given = self.cleaned_data
        begin, end = given["quiet_begin"], given["quiet_end"]
        is_cron = given["kind"] == CRON
        return {
            **super().values,
            "every_minutes": self.link.schedule.every_minutes if is_cron else given["every_minutes"],
            "cron": given["cron"] if is_cron else None,
            "quiet": f"{begin:%H:%M}-{end:%H:%M}" if begin and end and begin != end else None,
        }

    @property
    def context(self) -> dict[str, Any]:
        """The time zones to choose from, and whether there has been no sync yet."""
        zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
        return {"zones": zones, "is_new": last_syncs(self.visit.site)[self.link.audience_id].at is None}


def card(visit: Visit, link: Link) -> Card:
    """Say when it is synced, and when next."""
    lines = list(schedule_lines(link.schedule))
    at = next_due(visit.site, link)
    if link.schedule.enabled and at is None:
        lines.append(_("No service is running this schedule at the moment."))
    url = reverse("configuration-schedule", args=[link.audience_id])
    return Card("schedule", _("Schedule"), lines, url, _("Change schedule"), next_at=at)


urlpatterns = [edit_part("schedule", ScheduleForm)]
