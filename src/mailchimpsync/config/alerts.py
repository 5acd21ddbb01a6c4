"""The settings for alerts: which problems are reported, to whom, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from mailchimpsync.config.parts import Part, Text
from mailchimpsync.errors.validation import problem_at
from mailchimpsync.http_urls import is_http_url
from mailchimpsync.messages import say

RECIPIENTS_MAX = 20
_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+")

EmailAddress = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Email(Part):
    """Alerts by e-mail.

    Attributes:
        host: the SMTP server.
        port: its port, usually 587 with `starttls` and 465 with `tls`.
        security: `starttls`, `tls` from the first byte, or `none`.
        user: the user name for signing in; None: no sign-in.
        password: its password.
        sender: the sender's address.
        to: the recipients' addresses.
        language: the language of the e-mails, `en` or `de`.
    """

    host: Text
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Text | None = None
    password: SecretStr | None = None
    sender: EmailAddress
    to: Annotated[tuple[EmailAddress, ...], Field(min_length=1, max_length=RECIPIENTS_MAX)]
    language: Literal["en", "de"] = "en"


class AlertWebhook(Part):
    """Alerts as JSON to a URL, signed with `signing_secret` if it is set."""

    webhook_url: SecretStr
    signing_secret: SecretStr | None = None


class Slack(Part):
    """Alerts to Slack, or to a service that accepts Slack's incoming webhooks."""

    webhook_url: SecretStr


class Alerts(Part):
    """Which problems are reported, and how.

    Attributes:
        late_after_hours: a connection is late if its sync is overdue by this many hours.
        remind_hours: the time between two reminders of an open problem.
        reminders: the number of reminders.
        failing_share: the share of a connection's rows that can't be synced at which an alert is sent.
        summary: the day of the weekly summary, in the morning, UTC; `never`: none.
        ping_url: called after every successful sync, for services that raise an alarm when calls stop.
        email: alerts by e-mail.
        webhook: alerts as JSON.
        slack: alerts to Slack.
    """

    late_after_hours: Annotated[int, Field(ge=1, le=8_760)] = 24
    remind_hours: Annotated[int, Field(ge=1, le=720)] = 24
    reminders: Annotated[int, Field(ge=0, le=100)] = 7
    failing_share: Annotated[float, Field(gt=0, le=1)] = 0.25
    summary: Weekday | Literal["never"] = "monday"
    ping_url: SecretStr | None = None
    email: Email | None = None
    webhook: AlertWebhook | None = None
    slack: Slack | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are set up."""
        return tuple(name for name in ("email", "webhook", "slack") if getattr(self, name) is not None)


def problems_of_alerts(alerts: Alerts) -> Iterator[str]:
    """Yield a sentence for each problem that the types alone don't exclude."""
    yield from _problems_of_secret_url("alerts, ping_url", alerts.ping_url)
    if alerts.email is not None:
        yield from _problems_of_email(alerts.email)
    for name, channel in (("webhook", alerts.webhook), ("slack", alerts.slack)):
        if channel is not None:
            yield from _problems_of_secret_url(f"alerts.{name}, webhook_url", channel.webhook_url)


def _problems_of_email(email: Email) -> Iterator[str]:
    for name, addresses in (("sender", (email.sender,)), ("to", email.to)):
        if any(not _ADDRESS.fullmatch(one) for one in addresses):
            yield problem_at(
                say("alerts.email, %(name)s", name=name), say("write an address like ann@example.org, without a name.")
            )
    if (email.user is None) != (email.password is None):
        yield problem_at("alerts.email", say("set both user and password, or neither."))
    if email.password is not None and email.security == "none":
        yield problem_at("alerts.email", say("a password can't be sent unencrypted. Set security to starttls or tls."))


def _problems_of_secret_url(place: str, url: SecretStr | None) -> Iterator[str]:
    """Yield problems of a URL without showing it, since anyone who knows it can use it."""
    if url is None:
        return
    text = url.get_secret_value()
    if not text.isascii() or not is_http_url(text):
        yield problem_at(place, say("a URL must start with https:// or http://, without spaces."))
