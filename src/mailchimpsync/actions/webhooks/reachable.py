"""Checks that this site can be reached at its public address, with the requests Mailchimp makes."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2

from mailchimpsync.actions.finding import Finding, Level, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.webhooks.urls import Path, webhook_url
from mailchimpsync.errors import Code
from mailchimpsync.http import USER_AGENT, tls
from mailchimpsync.messages import say

SUBJECT = say("Public address")
SECONDS = 10
"""How long Mailchimp waits for a response (docs/reference/mailchimp-behaviour.md#webhooks-of-audiences)."""

_EXPECTED_BODY = b"OK"
_LOCAL = ("localhost", "127.", "10.", "192.168.", "[::1]", "::1")


def check_reachable(site: Site) -> Iterator[Finding]:
    """Request the webhook at the public address as Mailchimp does, and check by a secret that this site responds.

    The request comes from here, so it can't detect a firewall that blocks only others.
    """
    url = site.settings.public_url
    if url is None:
        return
    try:
        yield _check_response(site, url.rstrip("/"))
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        yield trouble(
            SUBJECT,
            say("%(url)s can't be reached (%(error)s).", url=url, error=type(error).__name__),
            Code.WEBHOOK_UNREACHABLE,
        )
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.hostname or "").startswith(_LOCAL):
        what = say(
            "%(url)s is not encrypted: anyone who intercepts the traffic can read addresses and the webhooks' secrets.",
            url=url,
        )
        remedy = say("Put a proxy with a certificate in front of `serve`, and write https:// in `public_url`.")
        yield trouble(SUBJECT, what, Code.WEBHOOK_UNREACHABLE, level=Level.WARNING, remedy=remedy)


def _check_response(site: Site, url: str) -> Finding:
    with httpx2.Client(headers={"User-Agent": USER_AGENT}, timeout=SECONDS, verify=tls()) as client:
        status, body = _ask(client, "GET", url + Path.AUDIENCE)
        if (status, body) != (HTTPStatus.OK, _EXPECTED_BODY):
            what = say(
                "%(url)s responds to a webhook's test with status %(status)s, not as this service does.",
                url=url,
                status=status,
            )
            return trouble(SUBJECT, what, Code.WEBHOOK_UNREACHABLE)
        for account in site.configuration.accounts.values():
            with_secret = webhook_url(site, account, Path.AUDIENCE)
            if with_secret is not None and _ask(client, "POST", with_secret)[0] != HTTPStatus.OK:
                what = say("The server at %(url)s doesn't know the webhooks' secrets of this site.", url=url)
                remedy = say(
                    "Make sure that the service there was started with this site's home directory and database."
                )
                return trouble(SUBJECT, what, Code.WEBHOOK_UNREACHABLE, remedy=remedy)
    return ok(SUBJECT, say("%(url)s can be reached, and this site responds there.", url=url))


def _ask(client: httpx2.Client, method: str, url: str) -> tuple[int, bytes]:
    """Return the status and first bytes of a response; an empty POST does nothing but prove the secret."""
    with client.stream(method, url) as response:
        return response.status_code, next(response.iter_bytes(len(_EXPECTED_BODY) + 1), b"")
