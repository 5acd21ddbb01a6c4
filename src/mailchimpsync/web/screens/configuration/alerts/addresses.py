"""The forms for alerts that are sent to a URL: a webhook, Slack, a ping. The URL itself is a secret."""

from __future__ import annotations

from typing import Any, ClassVar
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


class UrlForm(AlertForm):
    """A channel that sends to a URL, in the field `url_field`. The URL gives access, so it is never shown."""

    url_field: ClassVar[str] = "webhook_url"

    @classmethod
    def known(cls, alerts: Alerts) -> SecretStr | None:
        """Return the URL that is saved."""
        found: AlertWebhook | Slack | None = getattr(alerts, cls.channel)
        return found.webhook_url if found else None

    @classmethod
    def words(cls, alerts: Alerts) -> str:
        """Return the host that it sends to."""
        url = cls.known(alerts)
        return _("To %(host)s.") % {"host": urlsplit(url.get_secret_value()).hostname or "…"} if url else ""

    def clean(self) -> dict[str, Any]:
        """Take the URL given, or keep the saved one."""
        given = super().clean()
        text = given.get(self.url_field) or ""
        self.url = SecretStr(text) if text else self.known(self.alerts)
        if self.url is None:
            self.add_error(self.url_field, _("Enter a URL."))
        elif text and not (text.isascii() and is_http_url(text)):
            self.add_error(self.url_field, _("A URL starts with https:// or http:// and has no spaces."))
        return given


class WebhookForm(UrlForm):
    """As JSON to a URL."""

    channel = "webhook"
    title = gettext_lazy("Webhook")
    purpose = gettext_lazy("A POST to a URL of your choice.")
    webhook_url = _url_field(gettext_lazy("Address"))
    signing_secret = SecretField(
        label=gettext_lazy("Signing secret"),
        help_text=gettext_lazy(
            "It's never shown again. Leave blank to keep the current secret; with a new URL, blank means unsigned."
        ),
    )

    @property
    def changed(self) -> dict[str, Any]:
        """The channel."""
        given, known = self.cleaned_data, self.alerts.webhook
        kept = known.signing_secret if known and known.webhook_url == self.url else None
        secret = SecretStr(given["signing_secret"]) if given["signing_secret"] else kept
        return {"webhook": AlertWebhook(webhook_url=self.url or SecretStr(""), signing_secret=secret)}


class SlackForm(UrlForm):
    """To Slack."""

    channel = "slack"
    title = gettext_lazy("Slack")
    purpose = gettext_lazy("A message in a Slack channel, or in any service that accepts Slack's incoming webhooks.")
    webhook_url = _url_field(gettext_lazy("Incoming webhook URL"))

    @property
    def changed(self) -> dict[str, Any]:
        """The channel."""
        return {"slack": Slack(webhook_url=self.url or SecretStr(""))}


class PingForm(UrlForm):
    """A sign of life, for a service that raises an alarm when the requests stop."""

    channel = url_field = "ping_url"
    title = gettext_lazy("Ping")
    purpose = gettext_lazy("A request after each successful sync, to a service that alerts you when the requests stop.")
    ping_url = _url_field(gettext_lazy("URL to request after every successful sync"))

    @classmethod
    def known(cls, alerts: Alerts) -> SecretStr | None:
        """Return the URL that is saved."""
        return alerts.ping_url

    @property
    def changed(self) -> dict[str, Any]:
        """The channel."""
        return {"ping_url": self.url}
