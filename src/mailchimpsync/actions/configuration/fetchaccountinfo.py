"""`Mailchimpsync.fetchaccountinfo`: the audiences, interests and webhooks of a Mailchimp account.

See docs/reference/php-extension.md#fetchaccountinfo.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import ApiKey
from mailchimpsync.actions.configuration.account import find_account, require_account
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.actions.webhooks.urls import Path, show_url, webhook_url
from mailchimpsync.config import Account, mask
from mailchimpsync.config.secrets import MASKED
from mailchimpsync.errors import Code, EvidenceError, TransientError
from mailchimpsync.mailchimp import (
    Audience,
    BatchWebhook,
    MailchimpClient,
    Webhook,
    account,
    audiences,
    batch_webhooks,
    interests,
    webhooks,
)
from mailchimpsync.messages import say

SECONDS_MAX = 120
AUDIENCES_MAX = 1_000
AT_ONCE = 4
"""Audiences read at the same time: each takes one of the account's 10 connections."""


@action("Mailchimpsync", Scope.CONFIGURE)
def fetchaccountinfo(site: Site, *, api_key: ApiKey) -> dict[str, Any]:
    """Return the audiences of a Mailchimp account with their interests and webhooks.

    Nothing is saved or changed. `webhookFound` says whether an audience has the webhook it should have, and `webhook`
    is that webhook; `batchWebhookFound` and `batchWebhook` do the same for batches. Secrets in URLs are not shown. Of
    webhooks that belong to others, only the host is shown.

    Raises:
        ConfigurationError: `api_key` is neither an account nor a key.
        UsageError: several accounts match, or none does.
        AccessError, TransientError: Mailchimp refuses the key, or can't be reached.
        EvidenceError: the account has more than 1,000 audiences.
    """
    known = find_account(site, api_key)
    if known is None and (MASKED in api_key or "-" not in api_key):
        known = require_account(site, api_key)
    one = known[1] if known is not None else Account.model_validate({"api_key": api_key})
    with site.mailchimp_client(one) as client, within(client, SECONDS_MAX):
        return _account(site, client, one)


def _account(site: Site, client: MailchimpClient, one: Account) -> dict[str, Any]:
    found = account(client)
    url, batch_url = webhook_url(site, one, Path.AUDIENCE), webhook_url(site, one, Path.BATCH)
    hooks = batch_webhooks(client)
    ours = next((hook for hook in hooks if hook.url == batch_url), None)
    return {
        "account_name": found.name,
        "email": found.email,
        "first_name": found.first_name,
        "last_name": found.last_name,
        "username": found.username,
        "role": found.role,
        "webhookUrl": show_url(site, url) if url else None,
        "audiences": _audiences(site, client, url),
        "batchWebhookSecret": mask(one.webhook_secret.get_secret_value()) if one.webhook_secret else None,
        "batchWebhook": show_batch_webhook(site, ours) if ours else None,
        "batchWebhooks": [show_batch_webhook(site, hook) for hook in hooks],
        "batchWebhookFound": ours is not None,
    }


def show_webhook(site: Site, hook: Webhook) -> dict[str, Any]:
    """Return a webhook of an audience as plain values, without secrets."""
    return {
        "id": hook.id,
        "url": show_url(site, hook.url),
        "events": sorted(hook.events),
        "sources": sorted(hook.sources),
    }


def show_batch_webhook(site: Site, hook: BatchWebhook) -> dict[str, Any]:
    """Return a batch webhook as plain values, without secrets."""
    return {"id": hook.id, "url": show_url(site, hook.url), "enabled": hook.enabled}


def _audiences(site: Site, client: MailchimpClient, url: str | None) -> dict[str, Any]:
    found = audiences(client)
    if len(found) > AUDIENCES_MAX:
        raise EvidenceError(
            Code.MC_INCOMPLETE, say("The account has %(number)s audiences, too many to read", number=f"{len(found):,}")
        )
    with site.runtime.executor(AT_ONCE) as pool:
        details: Sequence[dict[str, Any]] = list(pool.map(lambda one: _audience(site, client, one, url), found))
    return {one.id: detail for one, detail in zip(found, details, strict=True)}


def _audience(site: Site, client: MailchimpClient, one: Audience, url: str | None) -> dict[str, Any]:
    if client.deadline is not None and client.deadline.reached:
        raise TransientError(
            Code.MC_UNAVAILABLE,
            say("Mailchimp did not respond completely within %(seconds)s seconds", seconds=SECONDS_MAX),
        )
    hooks = webhooks(client, one.id)
    ours = next((hook for hook in hooks if hook.url == url), None)
    return {
        "name": one.name,
        "interests": {interest.id: f"{interest.category}: {interest.name}" for interest in interests(client, one.id)},
        "webhook": show_webhook(site, ours) if ours else None,
        "webhooks": [show_webhook(site, hook) for hook in hooks],
        "webhookFound": ours is not None,
    }
