"""What the forms for alerts have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from mailchimpsync.config import Alerts
from mailchimpsync.web.screens.configuration.saving import ConfigurationForm
from mailchimpsync.web.screens.screen import Visit

KEPT = gettext_lazy("It's never shown again. Leave blank to keep the current value.")


class AlertForm(ConfigurationForm):
    """A form for a part of the alerts.

    Attributes:
        title: the channel's name.
        purpose: what it is for, shown while it is not set up.
        channel: the field of `Alerts` that holds it; "" where the form is about something that can't be removed.
    """

    title: ClassVar[str | Promise]
    purpose: ClassVar[str | Promise] = ""
    channel: ClassVar[str] = ""

    def __init__(self, visit: Visit, alerts: Alerts) -> None:
        """Take what is set now."""
        self.alerts = alerts
        super().__init__(visit, initial=self.present(alerts))

    @staticmethod
    def present(alerts: Alerts) -> dict[str, Any]:  # noqa: ARG004 (for those with fields that are no secrets)
        """Return what the fields show at first; never a secret."""
        return {}

    @classmethod
    def words(cls, alerts: Alerts) -> str:
        """Return what is set, in words; "" if nothing is."""
        raise NotImplementedError

    @property
    def changed(self) -> dict[str, Any]:
        """The fields of the alerts that change."""
        raise NotImplementedError
