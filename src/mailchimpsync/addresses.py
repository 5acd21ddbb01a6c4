"""When two e-mail addresses are the same: decided only here (docs/decisions/comparing-addresses.md).

Three forms of an address: the one in which addresses are compared, the one that is sent to Mailchimp, and the one that
Mailchimp's member id is made of.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import idna

from mailchimpsync.invisible import is_invisible


@lru_cache(maxsize=20_000)
def normalise_address(address: str) -> str:
    """Return the form in which addresses are compared: lower-case, nothing invisible, the domain in ASCII.

    Accents are kept. CiviCRM ignores them in comparisons, but Mailchimp does not, so two addresses that differ by an
    accent are two addresses. A run asks this of each person about eight times, a few thousand people at a time.
    """
    return sendable(address).lower()


def sendable(address: str) -> str:
    """Return an address as it is sent to Mailchimp: as spelt, without invisible characters, the domain in ASCII."""
    if address.isascii():
        if address.isprintable():  # as nearly all are
            return address.strip()
        return "".join(one for one in address if one.isprintable()).strip()
    visible = "".join(one for one in address if not is_invisible(one))
    local, at, domain = unicodedata.normalize("NFC", visible).strip().rpartition("@")
    return f"{local}{at}{_in_ascii(domain)}"


def mailchimp_key(address: str) -> str:
    """Return the form from which Mailchimp derives its member id: its own spelling, in lower case."""
    return address.strip().lower()


def member_id_of(address: str) -> str:
    """Return the member id Mailchimp gives an address that it has in this spelling: the MD5 of its lower-case form.

    Very old members may have a different one: if Mailchimp has returned an id, use that.
    """
    return hashlib.md5(mailchimp_key(address).encode(), usedforsecurity=False).hexdigest()


def spellings(addresses: Iterable[str]) -> list[str]:
    """Return all the spellings, in lower case, in which a system may have some addresses."""
    found: dict[str, None] = {}
    for address in addresses:
        same = normalise_address(address)
        found.update(dict.fromkeys((same, _in_unicode(same), mailchimp_key(address))))
    return list(found)


def _in_ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:  # not a valid domain: it is compared as it is
        return domain


def _in_unicode(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    try:
        return f"{local}{at}{idna.decode(domain)}"
    except idna.IDNAError:
        return address
