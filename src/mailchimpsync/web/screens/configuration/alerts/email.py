"""The form for alerts by e-mail."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from pydantic import SecretStr

from mailchimpsync.config import Alerts, Email
from mailchimpsync.config.alerts import RECIPIENTS_MAX
from mailchimpsync.web.screens.configuration.alerts.form import KEPT, AlertForm
from mailchimpsync.web.screens.configuration.fields import NotBlank, SecretField, number_field

_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+")


class EmailForm(AlertForm):
    """By e-mail."""

    channel = "email"
    title = gettext_lazy("E-mail")
    purpose = gettext_lazy("E-mail, sent through your mail server.")
    to = forms.CharField(
        label=gettext_lazy("Recipients"),
        help_text=gettext_lazy("One address per line, 20 at most."),
        max_length=5_500,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    sender = NotBlank(label=gettext_lazy("Sender address"), max_length=254)
    host = NotBlank(
        label=gettext_lazy("Mail server"), help_text=gettext_lazy("For example, smtp.example.org."), max_length=255
    )
    port = number_field(Email, "port", gettext_lazy("Port"))
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[
            ("starttls", gettext_lazy("STARTTLS, usually on port 587")),
            ("tls", gettext_lazy("TLS, usually on port 465")),
            ("none", gettext_lazy("None")),
        ],
    )
    user = NotBlank(
        label=gettext_lazy("User name"),
        help_text=gettext_lazy("Leave blank if the server needs no sign-in."),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = SecretField(label=gettext_lazy("Password"), help_text=KEPT)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the e-mails"), choices=[("en", "English"), ("de", "Deutsch")]
    )

    @staticmethod
    def present(alerts: Alerts) -> dict[str, Any]:
        """Return what the fields show at first."""
        if alerts.email is None:
            return {"port": 587, "security": "starttls", "language": (get_language() or "en")[:2]}
        return {**alerts.email.model_dump(exclude={"password"}), "to": "\n".join(alerts.email.to)}

    @classmethod
    def words(cls, alerts: Alerts) -> str:
        """Return to how many it goes; addresses are shown to those who may change them."""
        if alerts.email is None:
            return ""
        number = len(alerts.email.to)
        text = ngettext(
            "To %(number)s address, through %(host)s.", "To %(number)s addresses, through %(host)s.", number
        )
        return text % {"number": number, "host": alerts.email.host}

    def clean_to(self) -> tuple[str, ...]:
        """Addresses, one a line."""
        found = tuple(part for part in re.split(r"[\s,;]+", self.cleaned_data["to"]) if part)
        if len(found) > RECIPIENTS_MAX:
            raise ValidationError(_("Enter %(number)s addresses at most.") % {"number": RECIPIENTS_MAX})
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
            self.add_error("password", _("Enter this user's password for this server."))
        if given.get("password") and not given.get("user"):
            self.add_error("user", _("Enter the user this password belongs to."))
        if has_password and given.get("security") == "none":
            self.add_error(
                "security", _("A password can't be sent over an unencrypted connection. Choose STARTTLS or TLS.")
            )
        return given

    @property
    def changed(self) -> dict[str, Any]:
        """The channel."""
        given, known = self.cleaned_data, self.alerts.email
        password = SecretStr(given["password"]) if given["password"] else (known.password if known else None)
        fields = {name: given[name] for name in ("to", "sender", "host", "port", "security", "language")}
        user = given["user"] or None
        return {"email": Email(**fields, user=user, password=password if user else None)}


def _check_addresses(addresses: Any) -> None:
    if not addresses or any(not _ADDRESS.fullmatch(one) for one in addresses):
        raise ValidationError(_("Write each address like ann@example.org, without a name."))
