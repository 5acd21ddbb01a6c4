"""The part of a configuration that says who is told when something is wrong, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from mailchimpsync.config.parts import Part, Text
from mailchimpsync.http_urls import is_http_url

RECIPIENTS_MAX = 20
_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+")

EmailAddress = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Email(Part):
    """Alerts by e-mail.

    Attributes:
        host: the SMTP server.
        port: its port; usually 587 with `starttls`, 465 with `tls`.
        security: `starttls`, `tls` from the first byte, or `none`.
        user: whom to log in as; None: nobody.
        password: with which.
        sender: from whom they come.
        to: who gets them.
    """

    host: Text
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Text | None = None
    password: SecretStr | None = None
    sender: EmailAddress
    to: Annotated[tuple[EmailAddress, ...], Field(min_length=1, max_length=RECIPIENTS_MAX)]


class AlertWebhook(Part):
    """Alerts as JSON to an address, signed with `signing_secret` where there is one."""

    webhook_url: SecretStr
    signing_secret: SecretStr | None = None


class Slack(Part):
    """Alerts to Slack, or to what takes Slack's incoming webhooks."""

    webhook_url: SecretStr


class Alerts(Part):
    """What people are told of, and how.

    Attributes:
        late_after_hours: a connection is late when so many hours have passed since a sync of it was due.
        remind_hours: the time between two reminders of a problem that lasts.
        reminders: how many there are.
        failing_share: people are told when so large a share of a connection's rows can't be synced.
        summary: the day of the weekly summary, in the morning, UTC; `never`: none.
        ping_url: asked for after every successful sync, for services that raise an alarm when nobody calls.
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
        """The channels by which people are told."""
        return tuple(name for name in ("email", "webhook", "slack") if getattr(self, name) is not None)


def problems_of_alerts(alerts: Alerts) -> Iterator[str]:
    """Yield a sentence for everything that the types alone don't forbid."""
    yield from _problems_of_secret_url("alerts, ping_url", alerts.ping_url)
    if alerts.email is not None:
        yield from _problems_of_email(alerts.email)
    for name, channel in (("webhook", alerts.webhook), ("slack", alerts.slack)):
        if channel is not None:
            yield from _problems_of_secret_url(f"alerts.{name}, webhook_url", channel.webhook_url)


def _problems_of_email(email: Email) -> Iterator[str]:
    for name, addresses in (("sender", (email.sender,)), ("to", email.to)):
        if any(not _ADDRESS.fullmatch(one) for one in addresses):
            yield f"alerts.email, {name}: an address is written as ann@example.org, without a name."
    if (email.user is None) != (email.password is None):
        yield "alerts.email: user and password go together."
    if email.password is not None and email.security == "none":
        yield "alerts.email: a password is not sent unencrypted; set security to starttls or tls."


def _problems_of_secret_url(place: str, url: SecretStr | None) -> Iterator[str]:
    """Say nothing of the address itself: whoever knows it can use it."""
    if url is None:
        return
    text = url.get_secret_value()
    if not text.isascii() or not is_http_url(text):
        yield f"{place}: an address begins with https:// or http://, and has no spaces."
