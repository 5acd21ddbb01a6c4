"""The addresses at which Mailchimp reaches this service, and how to tell them from others."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import parse_qs, quote, urlsplit

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Account, mask


class Path(StrEnum):
    """The paths of the webhooks below the service's `public_url`."""

    AUDIENCE = "/webhook/audience"
    BATCH = "/webhook/batch"


def webhook_url(site: Site, account: Account, path: Path) -> str | None:
    """Return the address with its secret; None without a `public_url` or a secret of the account."""
    if site.settings.public_url is None or account.webhook_secret is None:
        return None
    secret = quote(account.webhook_secret.get_secret_value(), safe="")
    return f"{_base(site)}{path}?secret={secret}"


def is_ours(site: Site, url: str, path: Path) -> bool:
    """Say whether a webhook was created by this site, now or in the past.

    It was if it points to our `public_url` with any secret, or has one of our secrets at any address.
    """
    before_query = url.partition("?")[0]
    if not before_query.rstrip("/").endswith(path):
        return False
    base = _base(site)
    return (bool(base) and before_query.lower() == f"{base}{path}".lower()) or _has_secret(site, url)


def show_url(site: Site, url: str) -> str:
    """Return a webhook's address for people: ours without the secret, of others only the host."""
    for path in Path:
        if is_ours(site, url, path):
            return url.partition("?")[0] + "?secret=" + mask("")
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}/{mask('')}"


def _base(site: Site) -> str:
    return (site.settings.public_url or "").rstrip("/")


def _has_secret(site: Site, url: str) -> bool:
    given = parse_qs(url.partition("?")[2]).get("secret", [""])[0].encode("utf-8", "replace")
    return any(hmac.compare_digest(given, secret) for secret in _secrets(site.configuration.accounts.values()))


def _secrets(accounts: Iterable[Account]) -> list[bytes]:
    return [one.webhook_secret.get_secret_value().encode() for one in accounts if one.webhook_secret is not None]
