"""The extension's webhooks at Mailchimp: found by its secret, deleted, and made again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.mailchimp import (
    MailchimpClient,
    batch_webhooks,
    create_batch_webhook,
    create_webhook,
    delete_batch_webhook,
    delete_webhook,
    webhooks,
)

_PATHS = ("civicrm/mailchimpsync/webhook", "civicrm/mailchimpsync/batch-webhook")


@dataclass(frozen=True, slots=True)
class OldWebhook:
    """A webhook of the extension; `list_id` is None for one of an account's batches. The URL has a secret."""

    account: str
    list_id: str | None
    id: str
    url: str = field(repr=False)
    events: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it for the note about the way back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> OldWebhook:
        """Return it from the note."""
        return cls(**{**values, "events": tuple(values["events"]), "sources": tuple(values["sources"])})

    @property
    def place(self) -> tuple[str, str | None, str]:
        """Where it is: Mailchimp gives it another id when it is made again."""
        return self.account, self.list_id, self.url


def old_webhooks(site: Site, links: Iterable[Link], secrets: Mapping[str, str]) -> Iterator[OldWebhook]:
    """Yield the extension's webhooks of these connections, and of their accounts' batches.

    Raises:
        AccessError, TransientError, RefusedError: Mailchimp can't be asked.
    """
    for link in links:
        secret = secrets.get(link.account)
        for one in webhooks(site.mailchimp(link.account), link.audience_id):
            if _is_old(one.url, secret):
                what = sorted(one.events), sorted(one.sources)
                yield OldWebhook(link.account, link.audience_id, one.id, one.url, tuple(what[0]), tuple(what[1]))
    for account in dict.fromkeys(link.account for link in links):
        for hook in batch_webhooks(site.mailchimp(account)):
            if _is_old(hook.url, secrets.get(account)):
                yield OldWebhook(account, None, hook.id, hook.url)


def delete_old(client: MailchimpClient, hook: OldWebhook) -> None:
    """Delete a webhook of the extension; one that is gone is no error."""
    try:
        if hook.list_id is None:
            delete_batch_webhook(client, hook.id)
        else:
            delete_webhook(client, hook.list_id, hook.id)
    except RefusedError as error:
        if error.status != 404:  # noqa: PLR2004 (not found)
            raise


def make_again(client: MailchimpClient, hook: OldWebhook) -> None:
    """Make a webhook of the extension again; one that is there is no error.

    Raises:
        RefusedError: `WEBHOOK_UNVERIFIED`, CiviCRM doesn't answer Mailchimp at its address.
    """
    try:
        if hook.list_id is None:
            create_batch_webhook(client, hook.url)
        else:
            create_webhook(client, hook.list_id, hook.url, frozenset(hook.events), frozenset(hook.sources))
    except RefusedError as error:
        if error.code is not Code.WEBHOOK_TWICE:
            raise


def _is_old(url: str, secret: str | None) -> bool:
    """Say whether a webhook is the extension's on this site: another site's has another secret."""
    if secret is None or not any(path in unquote(url) for path in _PATHS):
        return False
    return secret in parse_qs(url.partition("?")[2]).get("secret", [])
