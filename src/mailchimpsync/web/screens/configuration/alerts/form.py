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
    """A part of the alerts. `changed` says what the form makes of it, `words` what is set now; "" if nothing is.

    `purpose`: what it is for, while it is not set up.
    """

    title: ClassVar[str | Promise]
    purpose: ClassVar[str | Promise] = ""
    can_go: ClassVar[bool] = True

    def __init__(self, visit: Visit, alerts: Alerts) -> None:
        """Take what is set now."""
        self.alerts = alerts
        super().__init__(visit, initial=self.present(alerts))

    @staticmethod
    def present(alerts: Alerts) -> dict[str, Any]:  # noqa: ARG004 (for those with fields that are no secrets)
        """Return what the fields show at first; never a secret."""
        return {}

    @staticmethod
    def words(alerts: Alerts) -> str:
        """Return what is set, in words."""
        raise NotImplementedError

    @staticmethod
    def nothing() -> dict[str, Any]:
        """Return what takes the channel away."""
        raise NotImplementedError

    def changed(self) -> dict[str, Any]:
        """Return the fields of the alerts that change."""
        raise NotImplementedError
