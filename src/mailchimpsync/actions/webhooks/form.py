"""Reads what is posted to a webhook: a form with bracketed keys. Anyone could send it, so nothing is trusted."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

BODY_BYTES_MAX = 262_144
FIELDS_MAX = 2_000
SIGNATURE_MINUTES = 5
"""How old a signature may be (docs/reference/mailchimp-behaviour.md#webhooks-of-audiences)."""

_ADDRESS_CHARS_MAX = 254
_WORD_CHARS_MAX = 40
_SIGNATURE_CHARS_MAX = 1_000
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_FIRST_YEAR, _LAST_YEAR = 2001, 2200  # of times that every database can keep

Form = Mapping[str, str]
"""Fields by their full key, such as `data[merges][FNAME]`, so that nested keys cost no more than others."""


def read_form(body: bytes) -> Form:
    """Return the fields of a body in any charset; empty if it is too large or isn't a form. The last of a key wins.

    Each text is decoded as UTF-8 if it is valid, else as Windows-1252.
    """
    if len(body) > BODY_BYTES_MAX:
        return {}
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=FIELDS_MAX)
    except ValueError:
        return {}
    return {_text(key): _text(value) for key, value in pairs}


def _text(one_character_a_byte: str) -> str:
    raw = one_character_a_byte.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def fingerprint(form: Form) -> str:
    """Return the SHA-256 of the fields, which is the same for a repeated call in any encoding."""
    return hashlib.sha256(json.dumps(sorted(form.items())).encode()).hexdigest()


def address(form: Form, name: str) -> str | None:
    """Return the address in `data[name]`, or None if it isn't a usable address."""
    text = form.get(f"data[{name}]", "").strip()
    usable = len(text) <= _ADDRESS_CHARS_MAX and text.isprintable() and _ADDRESS.fullmatch(text)
    return text if usable else None


def short_text(form: Form, name: str) -> str | None:
    """Return the short text in `data[name]`, or None if it is empty, too long or not printable."""
    text = form.get(f"data[{name}]", "")
    return text if 0 < len(text) <= _WORD_CHARS_MAX and text.isprintable() else None


def fired_at(form: Form) -> datetime | None:
    """Return when the event happened by Mailchimp's clock, which is UTC; None if that can't be read."""
    try:
        moment = datetime.strptime(form.get("fired_at", ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def is_signed(secret: str, signature: str | None, body: bytes, now: datetime) -> bool:
    """Say whether `X-Mailchimp-Signature` (`t=…,v1=…`) is valid for this secret and body, and recent.

    The signature is the HMAC-SHA-256 of time, full stop and body
    (docs/reference/mailchimp-behaviour.md#webhooks-of-audiences).
    """
    if signature is None or len(signature) > _SIGNATURE_CHARS_MAX:
        return False
    parts = [part.strip().partition("=") for part in signature.split(",")]
    times = [value for name, _, value in parts if name == "t" and _TIMESTAMP.fullmatch(value)]
    if len(times) != 1 or abs(now.timestamp() - int(times[0])) > SIGNATURE_MINUTES * 60:
        return False
    expected = hmac.new(secret.encode(), f"{times[0]}.".encode() + body, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(expected.encode(), value.encode()) for name, _, value in parts)
