"""The form for what people are told of, and how often."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, ngettext

from mailchimpsync.config import Alerts
from mailchimpsync.web.screens.configuration.alerts.form import AlertForm


class WhenForm(AlertForm):
    """Of what people are told, and how often."""

    title = gettext_lazy("When to alert")
    can_go = False
    late_after_hours = forms.IntegerField(
        label=gettext_lazy("A sync is late after this many hours"), min_value=1, max_value=8_760
    )
    remind_hours = forms.IntegerField(
        label=gettext_lazy("Hours between reminders of an open problem"), min_value=1, max_value=720
    )
    reminders = forms.IntegerField(label=gettext_lazy("Number of reminders"), min_value=0, max_value=100)
    failing_percent = forms.FloatField(
        label=gettext_lazy("Alert when this percentage of a connection's people can't be synced"),
        min_value=0.1,
        max_value=100,
    )
    summary = forms.ChoiceField(
        label=gettext_lazy("Weekly summary"),
        choices=[
            ("never", gettext_lazy("None")),
            ("monday", gettext_lazy("On Mondays")),
            ("tuesday", gettext_lazy("On Tuesdays")),
            ("wednesday", gettext_lazy("On Wednesdays")),
            ("thursday", gettext_lazy("On Thursdays")),
            ("friday", gettext_lazy("On Fridays")),
            ("saturday", gettext_lazy("On Saturdays")),
            ("sunday", gettext_lazy("On Sundays")),
        ],
    )

    @staticmethod
    def present(alerts: Alerts) -> dict[str, Any]:
        """Return what the fields show at first."""
        same = ("late_after_hours", "remind_hours", "reminders", "summary")
        percent = f"{alerts.failing_share * 100:g}"
        return {**{name: getattr(alerts, name) for name in same}, "failing_percent": percent}

    @staticmethod
    def words(alerts: Alerts) -> str:
        """Return when a sync is late."""
        hours = alerts.late_after_hours
        text = ngettext("A sync is late after %(hours)s hour.", "A sync is late after %(hours)s hours.", hours)
        return text % {"hours": hours}

    @staticmethod
    def nothing() -> dict[str, Any]:
        """It can't be taken away."""
        return {}

    def changed(self) -> dict[str, Any]:
        """Return the fields."""
        given = dict(self.cleaned_data)
        given.pop("version")
        return {**{key: value for key, value in given.items() if key != "failing_percent"}} | {
            "failing_share": given["failing_percent"] / 100
        }
