"""The forms for alerts, by what their pages are called."""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.web.screens.configuration.alerts.addresses import PingForm, SlackForm, WebhookForm
from mailchimpsync.web.screens.configuration.alerts.email import EmailForm
from mailchimpsync.web.screens.configuration.alerts.form import AlertForm
from mailchimpsync.web.screens.configuration.alerts.when import WhenForm

FORMS: Mapping[str, type[AlertForm]] = {
    "email": EmailForm,
    "slack": SlackForm,
    "webhook": WebhookForm,
    "ping": PingForm,
    "when": WhenForm,
}
