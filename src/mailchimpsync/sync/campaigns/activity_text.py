"""What an activity says about its campaign. The texts come from Mailchimp's users, so they are escaped as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from mailchimpsync.mailchimp import Campaign

SUBJECT_LENGTH_MAX = 255
PART_LENGTH_MAX = 2_000

_TAG = re.compile(r"<[^<>]*>")
_WEB_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")


def subject_of(campaign: Campaign) -> str:
    """Return the campaign's title, or else the subject line (docs/reference/php-extension.md#campaigns)."""
    words = campaign.title.strip() or campaign.subject.strip() or f"Mailchimp campaign {campaign.id}"
    return words[:SUBJECT_LENGTH_MAX]


def details_of(campaign: Campaign) -> str:
    """Return audience, subject line, sender, recipients, and a link to its page, as HTML."""
    return f"<ul>{''.join(f'<li>{line}</li>' for line in _lines(campaign))}</ul>"


def _lines(campaign: Campaign) -> Iterator[str]:
    segment = " ".join(unescape(_TAG.sub(" ", campaign.segment)).split())
    for name, value in (
        ("Audience", campaign.list_name or campaign.list_id),
        ("Subject", campaign.subject),
        ("From", campaign.from_name),
        ("Sent to", segment),
    ):
        if value:
            yield f"{name}: {escape(value[:PART_LENGTH_MAX])}"
    if _WEB_ADDRESS.fullmatch(campaign.archive_url):
        yield f'<a href="{escape(campaign.archive_url)}">The campaign at Mailchimp</a>'
