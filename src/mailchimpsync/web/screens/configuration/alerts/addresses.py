"""The forms for alerts that are posted to an address: a webhook, Slack, a ping. The address itself is a secret."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import SecretStr

from mailchimpsync.config import Alerts, AlertWebhook, Slack
from mailchimpsync.http_urls import is_http_url
from mailchimpsync.web.screens.configuration.alerts.form import KEPT, AlertForm
from mailchimpsync.web.screens.configuration.fields import SecretField


def _url_field(label: str | Promise) -> SecretField:
    return SecretField(label=label, help_text=KEPT, max_length=2_000)


def _check_url(form: AlertForm, name: str, known: SecretStr | None) -> SecretStr | None:
    """Return the address given, else the one that is known; whoever knows it can use it, so that it is secret."""
    text = form.cleaned_data.get(name) or ""
    if not text:
        if known is None:
            form.add_error(name, _("Enter a URL."))
        return known
    if not text.isascii() or not is_http_url(text):
        form.add_error(name, _("A URL starts with https:// or http:// and has no spaces."))
    return SecretStr(text)


class WebhookForm(AlertForm):
    """As JSON to an address."""

    title = gettext_lazy("Webhook")
    purpose = gettext_lazy("A POST to a URL of your choice.")
    webhook_url = _url_field(gettext_lazy("Address"))
    signing_secret = SecretField(
        label=gettext_lazy("Signing secret"),
        help_text=gettext_lazy(
            "It's never shown again. Leave blank to keep the current secret; with a new URL, blank means unsigned."
        ),
    )

    @staticmethod
    def words(alerts: Alerts) -> str:
        """Return where it leads to."""
        return _host(alerts.webhook.webhook_url) if alerts.webhook else ""

    @staticmethod
    def nothing() -> dict[str, Any]:
        """Return what takes the channel away."""
        return {"webhook": None}

    def clean(self) -> dict[str, Any]:
        """An address is needed."""
        given, known = super().clean(), self.alerts.webhook
        self._url = _check_url(self, "webhook_url", known.webhook_url if known else None)
        return given

    def changed(self) -> dict[str, Any]:
        """Return the channel."""
        given, known = self.cleaned_data, self.alerts.webhook
        kept = known.signing_secret if known and known.webhook_url == self._url else None
        secret = SecretStr(given["signing_secret"]) if given["signing_secret"] else kept
        return {"webhook": AlertWebhook(webhook_url=self._url or SecretStr(""), signing_secret=secret)}


class SlackForm(AlertForm):
    """To Slack."""

    title = gettext_lazy("Slack")
    purpose = gettext_lazy("A message in a Slack channel, or in any service that accepts Slack's incoming webhooks.")
    webhook_url = _url_field(gettext_lazy("Incoming webhook URL"))

    @staticmethod
    def words(alerts: Alerts) -> str:
        """Return where it leads to."""
        return _host(alerts.slack.webhook_url) if alerts.slack else ""

    @staticmethod
    def nothing() -> dict[str, Any]:
        """Return what takes the channel away."""
        return {"slack": None}

    def clean(self) -> dict[str, Any]:
        """An address is needed."""
        given, known = super().clean(), self.alerts.slack
        self._url = _check_url(self, "webhook_url", known.webhook_url if known else None)
        return given

    def changed(self) -> dict[str, Any]:
        """Return the channel."""
        return {"slack": Slack(webhook_url=self._url or SecretStr(""))}


class PingForm(AlertForm):
    """A sign of life, for a service that raises an alarm when nobody calls."""

    title = gettext_lazy("Ping")
    purpose = gettext_lazy("A request after each successful sync, to a service that alerts you when the requests stop.")
    ping_url = _url_field(gettext_lazy("URL to request after every successful sync"))

    @staticmethod
    def words(alerts: Alerts) -> str:
        """Return where it leads to."""
        return _host(alerts.ping_url) if alerts.ping_url else ""

    @staticmethod
    def nothing() -> dict[str, Any]:
        """Return what takes the channel away."""
        return {"ping_url": None}

    def clean(self) -> dict[str, Any]:
        """An address is needed."""
        given = super().clean()
        self._url = _check_url(self, "ping_url", self.alerts.ping_url)
        return given

    def changed(self) -> dict[str, Any]:
        """Return the channel."""
        return {"ping_url": self._url}


def _host(url: SecretStr) -> str:
    return _("To %(host)s.") % {"host": urlsplit(url.get_secret_value()).hostname or "…"}
