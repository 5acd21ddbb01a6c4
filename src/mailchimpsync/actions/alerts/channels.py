"""The channels: e-mail, a signed webhook, Slack, and the ping. Each sends one message, or says why it failed.

Errors are reported by number and type only, because servers' responses may contain addresses and secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from threading import Thread

import httpx2
from pydantic import SecretStr

from mailchimpsync.actions.alerts.emails import make_email
from mailchimpsync.actions.alerts.for_people import for_people
from mailchimpsync.actions.alerts.messages import Content, headline, paragraphs
from mailchimpsync.actions.texts.languages import ENGLISH
from mailchimpsync.config import Alerts, AlertWebhook, Email, Slack
from mailchimpsync.http import USER_AGENT, tls

TIMEOUT_SECONDS = 10.0
"""How long a server may take for each step."""

SEND_SECONDS_MAX = 25.0
"""How long sending one message may take in all."""

SIGNATURE = "Mailchimpsync-Signature"
DELIVERY = "Mailchimpsync-Delivery"
_NOTE_CHARS_MAX = 90

Send = Callable[[Content, str, datetime], None]
"""Sends a message, given its unique key and the time."""


class DeliveryError(Exception):
    """A message was not delivered; the text is fit to be shown."""


class PartlyDeliveredError(DeliveryError):
    """Some got a message and some did not: sending it again would not help those, and annoy the others."""


def sender_of(alerts: Alerts, channel: str) -> Send | None:
    """Return how a channel sends, or None if it is not configured (any more)."""
    found: Mapping[str, Send | None] = {
        "email": partial(send_email, alerts.email) if alerts.email else None,
        "webhook": partial(send_webhook, alerts.webhook) if alerts.webhook else None,
        "slack": partial(send_slack, alerts.slack) if alerts.slack else None,
        "ping": partial(send_ping, alerts.ping_url) if alerts.ping_url else None,
    }
    return found.get(channel)


def send_within(send: Callable[[], None], seconds: float = SEND_SECONDS_MAX) -> None:
    """Send within `seconds`, or stop waiting, so that a slow server delays no other message.

    Raises:
        DeliveryError: it failed, or took longer.
    """
    failures: list[DeliveryError] = []

    def attempt() -> None:
        try:
            send()
        except DeliveryError as error:
            failures.append(error)
        except Exception as error:  # noqa: BLE001 (whatever goes wrong with one channel must not keep the others)
            failures.append(DeliveryError(type(error).__name__))

    thread = Thread(target=attempt, name="mailchimpsync-alert", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise DeliveryError(f"no end after {seconds:.0f} s")
    if failures:
        raise failures[0]


def send_email(email: Email, content: Content, _key: str, now: datetime) -> None:
    """Send an e-mail to all who get alerts.

    Raises:
        DeliveryError: the server did not take it.
    """
    message = make_email(email, content, now)
    try:
        with _connected(email) as server:
            if email.user is not None and email.password is not None:
                server.login(email.user, email.password.get_secret_value())
            refused = server.send_message(message)
    except smtplib.SMTPRecipientsRefused:
        raise DeliveryError("all recipients refused") from None
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(f"SMTP {error.smtp_code} ({type(error).__name__})") from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise DeliveryError(type(error).__name__) from None
    if refused:
        raise PartlyDeliveredError(f"{len(refused)} of {len(email.to)} recipients refused")


def _connected(email: Email) -> smtplib.SMTP:
    if email.security == "tls":
        return smtplib.SMTP_SSL(email.host, email.port, timeout=TIMEOUT_SECONDS, context=tls())
    server = smtplib.SMTP(email.host, email.port, timeout=TIMEOUT_SECONDS)
    if email.security == "starttls":
        try:
            server.starttls(context=tls())
        except BaseException:
            server.close()
            raise
    return server


def send_webhook(webhook: AlertWebhook, content: Content, key: str, now: datetime) -> None:
    """Post a message as JSON. The signature is over the time and the body, so that it can't be replayed later.

    Raises:
        DeliveryError: it was not taken.
    """
    body = json.dumps({**content, "delivery": key}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", DELIVERY: key}
    if webhook.signing_secret is not None:
        headers[SIGNATURE] = signature(webhook.signing_secret.get_secret_value(), int(now.timestamp()), body)
    _call("POST", webhook.webhook_url.get_secret_value(), body, headers)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return what the signature's header says: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>">`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={digest.hexdigest()}"


def send_slack(slack: Slack, content: Content, _key: str, _now: datetime) -> None:
    """Post a message as Slack's incoming webhooks take it.

    Raises:
        DeliveryError: it was not taken.
    """
    said = for_people(content, ENGLISH)
    title, *rest = (_for_slack(one) for one in (headline(said), *paragraphs(said)[1:]))
    body = json.dumps({"text": "\n".join([f"*{title}*", *rest])}, ensure_ascii=False).encode()
    _call("POST", slack.webhook_url.get_secret_value(), body, {"Content-Type": "application/json"})


def _for_slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def send_ping(url: SecretStr, content: Content, _key: str, _now: datetime) -> None:
    """Ask for the ping's address, with `/fail` at the end of its path if a sync failed.

    Raises:
        DeliveryError: it did not answer that all is well.
    """
    address = httpx2.URL(url.get_secret_value())
    if content.get("failed"):
        address = address.copy_with(path=f"{address.path.rstrip('/')}/fail")
    _call("GET", str(address), b"", {})


def _call(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    try:
        with (
            httpx2.Client(headers={"User-Agent": USER_AGENT}, timeout=TIMEOUT_SECONDS, verify=tls()) as client,
            client.stream(method, url, content=body or None, headers=dict(headers)) as response,
        ):
            status = response.status_code
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise DeliveryError(type(error).__name__[:_NOTE_CHARS_MAX]) from None
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise DeliveryError(f"HTTP {status}")
