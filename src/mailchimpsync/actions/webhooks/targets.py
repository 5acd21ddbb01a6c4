"""The places at Mailchimp where we need a webhook: audiences, and accounts for their batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.webhooks.urls import Path, is_ours, webhook_url
from mailchimpsync.config import Link
from mailchimpsync.mailchimp import (
    MailchimpClient,
    batch_webhooks,
    create_batch_webhook,
    create_webhook,
    delete_batch_webhook,
    delete_webhook,
    update_batch_webhook,
    update_webhook,
    webhooks,
)
from mailchimpsync.messages import say

EVENTS = frozenset({"subscribe", "unsubscribe", "profile", "cleaned", "upemail"})
SOURCES = frozenset({"user", "admin"})
"""What is switched on (docs/reference/php-extension.md#webhooks); not `api`, which would report our own changes."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook registered at Mailchimp; `faults` are its problems other than its address."""

    id: str
    url: str = field(repr=False)
    faults: tuple[str, ...] = ()


class Target(Protocol):
    """A place at Mailchimp that should have one webhook of ours, with the address `url`."""

    @property
    def subject(self) -> str:
        """Its name for people."""

    @property
    def url(self) -> str:
        """The address it should have."""

    def ours(self, site: Site, client: MailchimpClient) -> list[Hook]:
        """Return this site's webhooks there."""

    def create(self, client: MailchimpClient) -> None:
        """Create the webhook."""

    def correct(self, client: MailchimpClient, hook: Hook) -> None:
        """Correct a webhook."""

    def delete(self, client: MailchimpClient, hook: Hook) -> None:
        """Delete a webhook."""


@dataclass(frozen=True, slots=True)
class AudienceTarget:
    """The webhook of a connected audience."""

    link: Link
    url: str = field(repr=False)

    @property
    def subject(self) -> str:
        """Its name for people."""
        return say("Webhook of audience “%(name)s”", name=self.link.audience_name or self.link.audience_id)

    def ours(self, site: Site, client: MailchimpClient) -> list[Hook]:
        """Return this site's webhooks there."""
        return [
            Hook(one.id, one.url, tuple(_faults(one.events, one.sources)))
            for one in webhooks(client, self.link.audience_id)
            if is_ours(site, one.url, Path.AUDIENCE)
        ]

    def create(self, client: MailchimpClient) -> None:
        """Create the webhook."""
        create_webhook(client, self.link.audience_id, self.url, EVENTS, SOURCES)

    def correct(self, client: MailchimpClient, hook: Hook) -> None:
        """Correct a webhook."""
        update_webhook(client, self.link.audience_id, hook.id, self.url, EVENTS, SOURCES)

    def delete(self, client: MailchimpClient, hook: Hook) -> None:
        """Delete a webhook."""
        delete_webhook(client, self.link.audience_id, hook.id)


@dataclass(frozen=True, slots=True)
class BatchTarget:
    """The batch webhook of an account; `others` are the URLs of further configured keys, which are left alone."""

    account: str
    url: str = field(repr=False)
    others: frozenset[str] = field(repr=False, default=frozenset())

    @property
    def subject(self) -> str:
        """Its name for people."""
        return say("Batch webhook of account “%(name)s”", name=self.account)

    def ours(self, site: Site, client: MailchimpClient) -> list[Hook]:
        """Return this site's webhooks there."""
        return [
            Hook(one.id, one.url, () if one.enabled else ("switched off",))
            for one in batch_webhooks(client)
            if is_ours(site, one.url, Path.BATCH) and one.url not in self.others
        ]

    def create(self, client: MailchimpClient) -> None:
        """Create the webhook."""
        create_batch_webhook(client, self.url)

    def correct(self, client: MailchimpClient, hook: Hook) -> None:
        """Correct a webhook."""
        update_batch_webhook(client, hook.id, self.url)

    def delete(self, client: MailchimpClient, hook: Hook) -> None:
        """Delete a webhook."""
        delete_batch_webhook(client, hook.id)


def targets(site: Site, account: str) -> list[Target]:
    """Return where an account needs webhooks: at each connected audience, and one for batches if there are any."""
    configured = site.configuration.accounts
    audience_url, batch_url = (webhook_url(site, configured[account], path) for path in (Path.AUDIENCE, Path.BATCH))
    links = [link for link in site.configuration.connections if link.account == account]
    if audience_url is None or batch_url is None or not links:
        return []
    urls = {webhook_url(site, one, Path.BATCH) for one in configured.values()}
    others = frozenset(url for url in urls if url is not None and url != batch_url)
    return [*(AudienceTarget(link, audience_url) for link in links), BatchTarget(account, batch_url, others)]


def _faults(events: frozenset[str], sources: frozenset[str]) -> Iterator[str]:
    if missing := sorted(EVENTS - events):
        yield f"events missing: {', '.join(missing)}"
    if unneeded := sorted(events - EVENTS):
        yield f"unneeded events: {', '.join(unneeded)}"
    if missing := sorted(SOURCES - sources):
        yield f"sources missing: {', '.join(missing)}"
    if unneeded := sorted(sources - SOURCES):
        yield f"unneeded sources: {', '.join(unneeded)}"
