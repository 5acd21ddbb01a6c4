"""Identifiers, made from counters and addresses so that a seeded run always meets the same ones."""

from __future__ import annotations

from hashlib import md5

WEB_ID_BASE = 400_000_000


def member_id(address: str) -> str:
    """Return the subscriber hash: md5 of the lower-case address.

    See docs/reference/mailchimp-behaviour.md#who-a-member-is.
    """
    return md5(address.lower().encode()).hexdigest()


def unique_email_id(address: str) -> str:
    """Return the ten digits that an address has in all audiences."""
    return md5(b"unique/" + address.lower().encode()).hexdigest()[:10]


def contact_id(pk: int) -> str:
    """Return the 32 digits that stay with a contact; the last eight are its row, so that it needs no index."""
    return md5(f"contact/{pk}".encode()).hexdigest()[:24] + f"{pk:08x}"


def row_of_contact_id(text: str) -> int | None:
    """Return the row a contact id belongs to, or None where it is none."""
    try:
        pk = int(text[24:], 16)
    except ValueError:
        return None
    return pk if contact_id(pk) == text else None


def short_id(kind: str, number: object) -> str:
    """Return ten hex digits for the `number`th thing of a kind."""
    return md5(f"{kind}/{number}".encode()).hexdigest()[:10]


def request_id(number: int) -> str:
    """Return the id of a request, in the shape of a UUID."""
    digits = md5(f"request/{number}".encode()).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
