"""What Mailchimp's refusals mean, for HTTP answers and batch results alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from mailchimpsync.errors import Code
from mailchimpsync.http import redact

_SECRET = re.compile(r"(?i)\b(secret|token|key)=[^&\s\"']+")

_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: Code.MC_AUTH,
    HTTPStatus.NOT_FOUND: Code.MC_MEMBER_GONE,
    HTTPStatus.REQUEST_TIMEOUT: Code.MC_UNAVAILABLE,
}

_BY_STATUS_AND_TEXT: Mapping[int, tuple[tuple[str, Code], ...]] = {
    HTTPStatus.FORBIDDEN: (
        ("user disabled", Code.MC_DISABLED),
        ("been disabled", Code.MC_DISABLED),
        ("deactivated", Code.MC_DISABLED),
        ("authorization failure", Code.MC_PLAN),
        ("", Code.MC_FORBIDDEN),
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        ("pending batches", Code.MC_BATCHES_FULL),
        ("pending webhooks", Code.MC_BATCHES_FULL),
        ("", Code.MC_THROTTLED),
    ),
}

_BY_TEXT = (
    ("compliance state", Code.MC_COMPLIANCE),
    ("forgotten email", Code.MC_FORGOTTEN),
    ("permanently deleted", Code.MC_FORGOTTEN),
    ("previously unsubscribed", Code.MC_OPTED_OUT),
    ("must opt in again", Code.MC_OPTED_OUT),
    ("previously removed", Code.MC_MUST_REJOIN),
    ("using a mailchimp form", Code.MC_MUST_REJOIN),
    ("status is cleaned", Code.MC_BOUNCED),
    ("been cleaned", Code.MC_BOUNCED),
    ("member exists", Code.MC_DUPLICATE),
    ("already a list member", Code.MC_DUPLICATE),
    ("already in this list", Code.MC_DUPLICATE),
    ("looks fake or invalid", Code.MC_FAKE_EMAIL),
    ("provide a valid email", Code.MC_BAD_EMAIL),
    ("invalid email address", Code.MC_BAD_EMAIL),
    ("signed up to a lot of lists", Code.MC_TOO_MANY_SIGNUPS),
    ("merge fields were invalid", Code.MC_FIELD),
    ("invalid interest id", Code.MC_MAPPING_GONE),
)
"""Pieces of title and detail, in lower case, first match first.

See docs/reference/mailchimp-behaviour.md#refusals-of-a-member.
"""


def classify_refusal(status: int, body: Mapping[str, Any]) -> Code:
    """Return what a refused request for a member means.

    By status, title and detail; `type` is often absent. The messages about single fields are localised, so nothing
    depends on them alone: an address that can't be changed counts as one in use, unless the message is in English.
    """
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Code.MC_UNAVAILABLE
    if status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(status)]
    text = f"{body.get('title', '')}: {body.get('detail', '')}".lower()
    for piece, code in _BY_STATUS_AND_TEXT.get(status, _BY_TEXT):
        if piece in text:
            return code
    if "email address" not in _fields(body):
        return Code.MC_REFUSED
    return Code.MC_ADDRESS_FIXED if _says(body, "only update email addresses") else Code.MC_DUPLICATE


def refusal_detail(body: Mapping[str, Any]) -> str:
    """Return what Mailchimp said, for people: detail and fields, addresses and secrets replaced by `…`, bounded."""
    said = str(body.get("detail") or body.get("title") or "")
    messages = [
        f"{error.get('field') or '?'}: {error.get('message', '')}" for error in _errors(body) if error.get("message")
    ]
    return redact(_SECRET.sub(r"\1=…", " ".join([said, *messages])))


def refused_fields(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the tags of the merge fields that a refusal names; a part of an address is its field's."""
    return frozenset(str(error.get("field", "")).partition(".")[0].upper() for error in _errors(body)) - {""}


def _fields(body: Mapping[str, Any]) -> set[str]:
    """Return the fields complained about; `email address` means a collision on a change of address."""
    return {str(error.get("field", "")).lower() for error in _errors(body)}


def _says(body: Mapping[str, Any], piece: str) -> bool:
    return any(piece in str(error.get("message", "")).lower() for error in _errors(body))


def _errors(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    errors = body.get("errors")
    return [error for error in errors if isinstance(error, Mapping)] if isinstance(errors, list) else []
