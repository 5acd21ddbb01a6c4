"""`Mailchimpsync.updatewebhook`: create or delete one webhook by hand.

See docs/reference/php-extension.md#updatewebhook.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import ApiKey
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.configuration.account import require_account
from mailchimpsync.actions.configuration.fetchaccountinfo import show_batch_webhook, show_webhook
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.webhooks.registered import NO_PUBLIC_URL
from mailchimpsync.actions.webhooks.targets import EVENTS, SOURCES
from mailchimpsync.actions.webhooks.urls import Path, webhook_url
from mailchimpsync.config import Account
from mailchimpsync.errors import ConfigurationError, UsageError
from mailchimpsync.mailchimp import (
    MailchimpClient,
    batch_webhooks,
    create_batch_webhook,
    create_webhook,
    delete_batch_webhook,
    delete_webhook,
    webhooks,
)
from mailchimpsync.messages import say


class Process(StrEnum):
    """The operations on webhooks."""

    ADD_WEBHOOK = "add_webhook"
    DELETE_WEBHOOK = "delete_webhook"
    ADD_BATCH_WEBHOOK = "add_batch_webhook"
    DELETE_BATCH_WEBHOOK = "delete_batch_webhook"


Id = Annotated[str, Field(min_length=1, max_length=100)]


@action("Mailchimpsync", Scope.CONFIGURE)
def updatewebhook(
    site: Site,
    *,
    api_key: ApiKey,
    process: Annotated[Process, Field(description="What to do.")],
    id: Annotated[Id | None, Field(description="The webhook to delete; it may belong to another program.")] = None,  # noqa: A002 (its name in the API)
    list_id: Annotated[
        Id | None,
        Field(
            description="The audience of the webhook. Default: the account's only connected audience, or the audience "
            "that has the webhook `id`."
        ),
    ] = None,
) -> dict[str, Any]:
    """Create or delete one webhook at Mailchimp. To repair all of them, use `mailchimpsync webhooks repair`.

    Returns the account's name and all `webhooks` that exist afterwards, of the audience or for batches, without
    secrets.

    Raises:
        UsageError: the account, id or list_id is missing or unknown, or the audience belongs to another account.
        ConfigurationError: the site has no `public_url`.
        RefusedError: there is no such webhook or audience, or Mailchimp can't reach this service's address.
        AccessError, TransientError: Mailchimp refuses the key, or can't be reached.
    """
    name, account = require_account(site, api_key)
    client = site.mailchimp(name)
    if process in {Process.ADD_WEBHOOK, Process.DELETE_WEBHOOK}:
        list_id = list_id or _find_audience(site, client, name, id if process is Process.DELETE_WEBHOOK else None)
        return {"account": name, **_audience_webhook(site, client, (name, account), process, list_id, id)}
    return {"account": name, **_batch_webhook(site, client, account, process, id)}


def _find_audience(site: Site, client: MailchimpClient, account: str, key: str | None) -> str:
    """Return the only audience of an account or, if there are several, the one that has the webhook."""
    audiences = [one.audience_id for one in site.configuration.connections if one.account == account]
    if len(audiences) > 1 and key is not None:
        audiences = [one for one in audiences if any(hook.id == key for hook in webhooks(client, one))]
    if len(audiences) == 1:
        return audiences[0]
    known = ", ".join(one.audience_id for one in site.configuration.connections if one.account == account)
    raise UsageError(
        say(
            "list_id is missing: it names the audience. Connected audiences of this account: %(known)s.",
            known=known or "none",
        )
    )


def _audience_webhook(
    site: Site, client: MailchimpClient, named: tuple[str, Account], process: Process, list_id: str, key: str | None
) -> dict[str, Any]:
    name, account = named
    if process is Process.ADD_WEBHOOK:
        if find_audience(site, list_id).account != name:
            raise UsageError(
                say("The audience %(id)s is connected through another account, not “%(name)s”.", id=list_id, name=name)
            )
        create_webhook(client, list_id, _url(site, account, Path.AUDIENCE), EVENTS, SOURCES)
    else:
        delete_webhook(client, list_id, _given("id", key))
    return {"list_id": list_id, "webhooks": [show_webhook(site, one) for one in webhooks(client, list_id)]}


def _batch_webhook(
    site: Site, client: MailchimpClient, account: Account, process: Process, key: str | None
) -> dict[str, Any]:
    if process is Process.ADD_BATCH_WEBHOOK:
        create_batch_webhook(client, _url(site, account, Path.BATCH))
    else:
        delete_batch_webhook(client, _given("id", key))
    return {"webhooks": [show_batch_webhook(site, one) for one in batch_webhooks(client)]}


def _given(name: str, value: str | None) -> str:
    if value is None:
        raise UsageError(say("%(name)s is missing: it names the webhook.", name=name))
    return value


def _url(site: Site, account: Account, path: Path) -> str:
    url = webhook_url(site, account, path)
    if url is None:
        raise ConfigurationError(
            say(
                "This service has no public address for Mailchimp: public_url is not set. %(remedy)s",
                remedy=NO_PUBLIC_URL,
            )
        )
    return url
