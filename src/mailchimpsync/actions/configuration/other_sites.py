"""Warnings about other sites that sync an audience too, recognised by their webhooks at Mailchimp."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import unquote, urlsplit

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.webhooks.urls import Path, is_ours
from mailchimpsync.config import Link
from mailchimpsync.mailchimp import MailchimpClient, webhooks
from mailchimpsync.messages import Message, say

STOP_ONE = say(
    "Only one site should sync the audience: disconnect it on the other site. If that "
    "site no longer exists, delete its webhook at Mailchimp."
)

_OF_EXTENSIONS = ("civicrm", "mailchimp", "webhook")
"""Words that all webhook URLs of CiviCRM's Mailchimp extensions contain, in path or query."""


def other_sites_sentences(site: Site, client: MailchimpClient, link: Link) -> list[Message]:
    """Return a warning if an audience has webhooks of other sites; a site without webhooks can't be recognised.

    Raises:
        RemoteError: Mailchimp can't be reached.
    """
    urls = [one.url for one in webhooks(client, link.audience_id)]
    hosts = sorted({_host(url) for url in urls if _syncs(url) and not is_ours(site, url, Path.AUDIENCE)})
    return [_sentence(link, hosts)] if hosts else []


def _sentence(link: Link, hosts: Collection[str]) -> Message:
    return say(
        "Audience “%(name)s” has a webhook of another sync with CiviCRM, at %(hosts)s. If "
        "two sites sync one audience, each mistakes people unsubscribed by the other for "
        "people who unsubscribed themselves, and removes them from its groups.",
        name=link.audience_name or link.audience_id,
        hosts=", ".join(hosts),
    )


def _syncs(url: str) -> bool:
    parts = urlsplit(url)
    if parts.path.rstrip("/").endswith(Path.AUDIENCE):
        return True
    where = unquote(f"{parts.path}?{parts.query}").lower()
    return all(word in where for word in _OF_EXTENSIONS)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
