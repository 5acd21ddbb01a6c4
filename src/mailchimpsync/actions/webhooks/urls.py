"""The addresses at which Mailchimp is to reach us, and how to tell ours from other people's."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import parse_qs, quote, urlsplit

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Account, mask


class Path(StrEnum):
    """Where the service answers Mailchimp, below its `public_url`."""

    AUDIENCE = "/webhook/audience"
    BATCH = "/webhook/batch"


def webhook_url(site: Site, account: Account, path: Path) -> str | None:
    """Return the address with its secret; None if the site has no `public_url`, or the account no secret yet."""
    if site.settings.public_url is None or account.webhook_secret is None:
        return None
    secret = quote(account.webhook_secret.get_secret_value(), safe="")
    return f"{_base(site)}{path}?secret={secret}"


def is_ours(site: Site, url: str, path: Path) -> bool:
    """Say whether a webhook was made by this site, now or in the past.

    It was if it leads to our `public_url`, whatever its secret, or has one of our secrets, wherever it leads.
    """
    before_query = url.partition("?")[0]
    if not before_query.rstrip("/").endswith(path):
        return False
    base = _base(site)
    return (bool(base) and before_query.lower() == f"{base}{path}".lower()) or _has_secret(site, url)


def show_url(site: Site, url: str) -> str:
    """Return a webhook's address for people: of ours without the secret, of others only where it leads to."""
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
