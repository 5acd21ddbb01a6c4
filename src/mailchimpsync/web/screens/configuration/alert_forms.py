"""The forms of the channels by which people are told, and of what they are told of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import SecretStr

from mailchimpsync.config import Alerts, AlertWebhook, Email, Slack
from mailchimpsync.config.alerts import RECIPIENTS_MAX
from mailchimpsync.web.screens.configuration.fields import NotBlank, SecretField
from mailchimpsync.web.screens.configuration.saving import ConfigurationForm
from mailchimpsync.web.screens.screen import Visit

_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+")
_KEPT = gettext_lazy("It is never shown again. Left empty: as it is.")


class AlertForm(ConfigurationForm):
    """A part of the alerts. `changed` says what the form makes of it, `words` what is set now; "" if nothing is."""

    title: ClassVar[str | Promise]
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


class EmailForm(AlertForm):
    """By e-mail."""

    title = gettext_lazy("E-mail")
    to = forms.CharField(
        label=gettext_lazy("To whom"),
        help_text=gettext_lazy("An address in each line, 20 at most."),
        max_length=5_500,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    sender = NotBlank(label=gettext_lazy("From which address"), max_length=254)
    host = NotBlank(
        label=gettext_lazy("Mail server"), help_text=gettext_lazy("Such as smtp.example.org."), max_length=255
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535)
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[
            ("starttls", gettext_lazy("STARTTLS, usually on port 587")),
            ("tls", gettext_lazy("TLS from the first byte, usually on port 465")),
            ("none", gettext_lazy("None")),
        ],
    )
    user = NotBlank(
        label=gettext_lazy("User"),
        help_text=gettext_lazy("Left empty: nobody logs in."),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = SecretField(label=gettext_lazy("Password"), help_text=_KEPT)

    @staticmethod
    def present(alerts: Alerts) -> dict[str, Any]:
        """Return what the fields show at first."""
        if alerts.email is None:
            return {"port": 587, "security": "starttls"}
        return {**alerts.email.model_dump(exclude={"password"}), "to": "\n".join(alerts.email.to)}

    @staticmethod
    def words(alerts: Alerts) -> str:
        """Return to how many it goes; addresses are shown to those who may change them."""
        if alerts.email is None:
            return ""
        number = len(alerts.email.to)
        text = ngettext("To %(number)s address, by %(host)s.", "To %(number)s addresses, by %(host)s.", number)
        return text % {"number": number, "host": alerts.email.host}

    @staticmethod
    def nothing() -> dict[str, Any]:
        """Return what takes the channel away."""
        return {"email": None}

    def clean_to(self) -> tuple[str, ...]:
        """Addresses, one a line."""
        found = tuple(part for part in re.split(r"[\s,;]+", self.cleaned_data["to"]) if part)
        if len(found) > RECIPIENTS_MAX:
            raise ValidationError(_("There are at most %(number)s.") % {"number": RECIPIENTS_MAX})
        _check_addresses(found)
        return found

    def clean_sender(self) -> str:
        """One address."""
        sender: str = self.cleaned_data["sender"]
        _check_addresses([sender])
        return sender

    def clean(self) -> dict[str, Any]:
        """A password goes with a user, encrypted, and to no other server than it was given for."""
        given, known = super().clean(), self.alerts.email
        is_kept = known is not None and known.password is not None and known.host == given.get("host")
        has_password = bool(given.get("password") or (is_kept and given.get("user")))
        if given.get("user") and not has_password:
            self.add_error("password", _("Give the password of this user for this server."))
        if given.get("password") and not given.get("user"):
            self.add_error("user", _("Give the user whose password it is."))
        if has_password and given.get("security") == "none":
            self.add_error("security", _("A password is not sent unencrypted."))
        return given

    def changed(self) -> dict[str, Any]:
        """Return the channel."""
        given, known = self.cleaned_data, self.alerts.email
        password = SecretStr(given["password"]) if given["password"] else (known.password if known else None)
        fields = {name: given[name] for name in ("to", "sender", "host", "port", "security")}
        user = given["user"] or None
        return {"email": Email(**fields, user=user, password=password if user else None)}


def _check_addresses(addresses: Any) -> None:
    if not addresses or any(not _ADDRESS.fullmatch(one) for one in addresses):
        raise ValidationError(_("An address is written as ann@example.org, without a name."))


def _url_field(label: str | Promise) -> SecretField:
    return SecretField(label=label, help_text=_KEPT, max_length=2_000)


def _check_url(form: AlertForm, name: str, known: SecretStr | None) -> SecretStr | None:
    """Return the address given, else the one that is known; whoever knows it can use it, so that it is secret."""
    text = form.cleaned_data.get(name) or ""
    if not text:
        if known is None:
            form.add_error(name, _("Give the address."))
        return known
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isascii() and " " not in text
    except ValueError:
        usable = False
    if not usable:
        form.add_error(name, _("An address begins with https:// or http://, and has no spaces."))
    return SecretStr(text)


class WebhookForm(AlertForm):
    """As JSON to an address."""

    title = gettext_lazy("Webhook")
    webhook_url = _url_field(gettext_lazy("Address"))
    signing_secret = SecretField(
        label=gettext_lazy("Secret for the signature"),
        help_text=gettext_lazy("It is never shown again. Left empty: as it is, or none for another address."),
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
    webhook_url = _url_field(gettext_lazy("Address of the incoming webhook"))

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
    ping_url = _url_field(gettext_lazy("Address that is asked for after every successful sync"))

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


class WhenForm(AlertForm):
    """Of what people are told, and how often."""

    title = gettext_lazy("What people are told of")
    can_go = False
    late_after_hours = forms.IntegerField(
        label=gettext_lazy("A sync is late after so many hours"), min_value=1, max_value=8_760
    )
    remind_hours = forms.IntegerField(
        label=gettext_lazy("Hours between two reminders of a problem that lasts"), min_value=1, max_value=720
    )
    reminders = forms.IntegerField(label=gettext_lazy("So many reminders"), min_value=0, max_value=100)
    failing_percent = forms.FloatField(
        label=gettext_lazy("Tell when so many percent of a connection's people can't be synced"),
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


FORMS: Mapping[str, type[AlertForm]] = {
    "email": EmailForm,
    "slack": SlackForm,
    "webhook": WebhookForm,
    "ping": PingForm,
    "when": WhenForm,
}
