"""The form for when to alert, and how often."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, ngettext

from mailchimpsync.config import Alerts
from mailchimpsync.web.screens.configuration.alerts.form import AlertForm
from mailchimpsync.web.screens.configuration.fields import PERCENT, number_field, percent_field


class WhenForm(AlertForm):
    """When to alert, and how often."""

    title = gettext_lazy("When to alert")
    late_after_hours = number_field(Alerts, "late_after_hours", gettext_lazy("A sync is late after this many hours"))
    remind_hours = number_field(Alerts, "remind_hours", gettext_lazy("Hours between reminders of an open problem"))
    reminders = number_field(Alerts, "reminders", gettext_lazy("Number of reminders"))
    failing_percent = percent_field(
        Alerts,
        "failing_share",
        gettext_lazy("Alert when this percentage of a connection's people can't be synced"),
        min_value=0.1,
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
        percent = f"{alerts.failing_share * PERCENT:g}"
        return {**{name: getattr(alerts, name) for name in same}, "failing_percent": percent}

    @classmethod
    def words(cls, alerts: Alerts) -> str:
        """Return when a sync is late."""
        hours = alerts.late_after_hours
        text = ngettext("A sync is late after %(hours)s hour.", "A sync is late after %(hours)s hours.", hours)
        return text % {"hours": hours}

    @property
    def changed(self) -> dict[str, Any]:
        """The fields."""
        given = {name: value for name, value in self.cleaned_data.items() if name in Alerts.model_fields}
        return {**given, "failing_share": self.cleaned_data["failing_percent"] / PERCENT}
