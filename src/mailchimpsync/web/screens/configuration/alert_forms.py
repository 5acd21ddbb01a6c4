"""The forms for alerts, by what their pages are called."""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.web.screens.configuration.alert_addresses import PingForm, SlackForm, WebhookForm
from mailchimpsync.web.screens.configuration.alert_email import EmailForm
from mailchimpsync.web.screens.configuration.alert_form import AlertForm
from mailchimpsync.web.screens.configuration.alert_when import WhenForm

FORMS: Mapping[str, type[AlertForm]] = {
    "email": EmailForm,
    "slack": SlackForm,
    "webhook": WebhookForm,
    "ping": PingForm,
    "when": WhenForm,
}
