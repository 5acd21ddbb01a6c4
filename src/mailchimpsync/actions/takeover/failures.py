"""The extension's failed rows, by our codes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from mailchimpsync.civicrm.extension.rows import ExtensionRow
from mailchimpsync.errors import Code
from mailchimpsync.mailchimp import classify_refusal
from mailchimpsync.model import MemberStatus

BAD_REQUEST = 400


def code_of_failure(row: ExtensionRow, error: str | None, has_other_address: Collection[int]) -> Code:
    """Return what a failed row means here: as the extension explains it, else by what Mailchimp said last.

    Args:
        row: the failed row.
        error: its newest update's error, as stored; None: there is none.
        has_other_address: contacts with another address that is subscribed.
    """
    if row.status is MemberStatus.CLEANED:
        return Code.MC_BOUNCED
    if row.contact_id in has_other_address:
        return Code.CV_OTHER_ADDRESS
    if error is not None:
        return _code_of_error(error)
    return Code.CV_NO_ADDRESS if row.member_id is None else Code.CV_ON_HOLD


def _code_of_error(error: str) -> Code:
    """The extension stores Mailchimp's response as JSON, and its own reasons as a text."""
    try:
        found: Any = json.loads(error)
    except (ValueError, RecursionError):
        return Code.ABORTED
    if not isinstance(found, Mapping):
        return Code.ABORTED
    inner = found.get("response")
    body = inner if isinstance(inner, Mapping) else found
    status = body.get("status") or found.get("status_code")
    return classify_refusal(status if isinstance(status, int) else BAD_REQUEST, body)
