"""Webhooks as they are set up at Mailchimp: those of audiences, and those of the account for batches.

Mailchimp sends a GET to a webhook's address before it accepts it (docs/reference/mailchimp-behaviour.md#webhooks).
Addresses hold secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NotRequired
from urllib.parse import quote

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.mailchimp.audiences import list_path
from mailchimpsync.mailchimp.client import MailchimpClient
from mailchimpsync.mailchimp.paging import Page, read_all

ALL_EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
ALL_SOURCES = ("user", "admin", "api")
_BATCH_WEBHOOKS = "/batch-webhooks"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of an audience, with the events and the sources of changes that are switched on."""

    id: str
    url: str = field(repr=False)
    events: frozenset[str]
    sources: frozenset[str]


@dataclass(frozen=True, slots=True)
class BatchWebhook:
    """A webhook that is called for every finished batch of the account."""

    id: str
    url: str = field(repr=False)
    enabled: bool


class _Webhook(TypedDict):
    id: str
    url: str
    events: NotRequired[dict[str, bool]]
    sources: NotRequired[dict[str, bool]]


class _Webhooks(Page):
    webhooks: list[_Webhook]


class _BatchWebhook(TypedDict):
    id: str
    url: str
    enabled: NotRequired[bool]


class _BatchWebhooks(Page):
    webhooks: list[_BatchWebhook]


_WEBHOOK = TypeAdapter(_Webhook)
_WEBHOOKS = TypeAdapter(_Webhooks)
_BATCH_WEBHOOK = TypeAdapter(_BatchWebhook)
_BATCH_WEBHOOK_PAGE = TypeAdapter(_BatchWebhooks)


def webhooks(client: MailchimpClient, list_id: str) -> list[Webhook]:
    """Return all webhooks of an audience, including those of other programs.

    Raises:
        RefusedError: `MC_AUDIENCE_GONE`.
    """
    names = ("id", "url", "events", "sources")
    fields = ",".join(f"webhooks.{name}" for name in names)
    path = f"{list_path(list_id)}/webhooks"
    found = read_all(client, path, _WEBHOOKS, lambda page: page["webhooks"], fields, gone=Code.MC_AUDIENCE_GONE)
    return [_webhook(one) for one in found]


def create_webhook(
    client: MailchimpClient, list_id: str, url: str, events: frozenset[str], sources: frozenset[str]
) -> Webhook:
    """Set up a webhook of an audience; Mailchimp does not take the same address twice.

    Raises:
        RefusedError: `WEBHOOK_UNVERIFIED`, the address does not answer Mailchimp; `WEBHOOK_TWICE`.
    """
    with _about(url):
        return _webhook(client.post(f"{list_path(list_id)}/webhooks", _WEBHOOK, _wanted(url, events, sources)))


def update_webhook(
    client: MailchimpClient, list_id: str, webhook_id: str, url: str, events: frozenset[str], sources: frozenset[str]
) -> Webhook:
    """Change a webhook of an audience; one that Mailchimp had disabled works again.

    Raises:
        RefusedError: `WEBHOOK_UNVERIFIED`, the address does not answer Mailchimp; `WEBHOOK_TWICE`.
    """
    with _about(url):
        return _webhook(client.patch(_path(list_id, webhook_id), _WEBHOOK, _wanted(url, events, sources)))


def delete_webhook(client: MailchimpClient, list_id: str, webhook_id: str) -> None:
    """Delete a webhook of an audience."""
    client.delete(_path(list_id, webhook_id))


def batch_webhooks(client: MailchimpClient) -> list[BatchWebhook]:
    """Return all batch webhooks of the account, including those of other programs."""
    fields = "webhooks.id,webhooks.url,webhooks.enabled"
    found = read_all(client, _BATCH_WEBHOOKS, _BATCH_WEBHOOK_PAGE, lambda page: page["webhooks"], fields)
    return [_batch_webhook(one) for one in found]


def create_batch_webhook(client: MailchimpClient, url: str) -> BatchWebhook:
    """Set up a batch webhook; an account can have 20.

    Raises:
        RefusedError: `WEBHOOK_UNVERIFIED`, the address does not answer Mailchimp; `WEBHOOK_TWICE`.
    """
    with _about(url):
        return _batch_webhook(client.post(_BATCH_WEBHOOKS, _BATCH_WEBHOOK, {"url": url, "enabled": True}))


def update_batch_webhook(client: MailchimpClient, webhook_id: str, url: str) -> BatchWebhook:
    """Change the address of a batch webhook, and switch it on.

    Raises:
        RefusedError: `WEBHOOK_UNVERIFIED`, the address does not answer Mailchimp; `WEBHOOK_TWICE`.
    """
    with _about(url):
        return _batch_webhook(client.patch(_batch_path(webhook_id), _BATCH_WEBHOOK, {"url": url, "enabled": True}))


def delete_batch_webhook(client: MailchimpClient, webhook_id: str) -> None:
    """Delete a batch webhook."""
    client.delete(_batch_path(webhook_id))


@contextmanager
def _about(url: str) -> Iterator[None]:
    """Raise what a refusal of an address means, in Mailchimp's words without the address, which holds a secret.

    Raises:
        RefusedError: `WEBHOOK_UNVERIFIED`, `WEBHOOK_TWICE`, or another one.
    """
    try:
        yield
    except RefusedError as error:
        detail = error.detail.replace(url, "…")
        if error.code is not Code.MC_REFUSED or not _is_about_url(detail):
            raise
        if "multiple webhooks" in detail.lower():
            raise RefusedError(
                Code.WEBHOOK_TWICE, "Mailchimp has this webhook already", status=error.status, detail=detail
            ) from None
        raise RefusedError(
            Code.WEBHOOK_UNVERIFIED, "Mailchimp could not verify the address", status=error.status, detail=detail
        ) from None


def _is_about_url(detail: str) -> bool:
    return any(word in detail.lower() for word in ("url", "webhook"))


def _path(list_id: str, webhook_id: str) -> str:
    return f"{list_path(list_id)}/webhooks/{quote(webhook_id, safe='')}"


def _batch_path(webhook_id: str) -> str:
    return f"{_BATCH_WEBHOOKS}/{quote(webhook_id, safe='')}"


def _wanted(url: str, events: frozenset[str], sources: frozenset[str]) -> dict[str, Any]:
    """Name every switch: what omitted ones mean is undocumented."""
    return {
        "url": url,
        "events": {name: name in events for name in ALL_EVENTS},
        "sources": {name: name in sources for name in ALL_SOURCES},
    }


def _webhook(found: _Webhook) -> Webhook:
    events, sources = found.get("events", {}), found.get("sources", {})
    return Webhook(
        found["id"],
        found["url"],
        frozenset(name for name, on in events.items() if on),
        frozenset(name for name, on in sources.items() if on),
    )


def _batch_webhook(found: _BatchWebhook) -> BatchWebhook:
    return BatchWebhook(found["id"], found["url"], found.get("enabled", True))
