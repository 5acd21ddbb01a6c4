"""Who may be newly subscribed, and with which address.

See docs/reference/php-extension.md#who-can-be-subscribed and docs/decisions/sticky-opt-outs.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailchimpsync.errors import Code

OBSTACLES = frozenset(
    {
        Code.CV_NO_ADDRESS,
        Code.CV_BAD_ADDRESS,
        Code.CV_ON_HOLD,
        Code.CV_DO_NOT_EMAIL,
        Code.CV_OPTED_OUT,
        Code.CV_DECEASED,
    }
)
"""Why a contact may not be newly subscribed; CiviCRM itself can confirm each."""

ADDRESS_LENGTH_MAX = 254
_LOOKS_LIKE_AN_ADDRESS = re.compile(
    r"[^@\s,;:<>()\[\]\\\"]{1,64}@(?:[^@\s.,;:<>()\[\]\\\"]{1,63}\.)+[^@\s.,;:<>()\[\]\\\"]{2,63}"
)


@dataclass(frozen=True, slots=True)
class Address:
    """One of a contact's e-mail addresses in CiviCRM."""

    email: str
    on_hold: bool = False
    is_bulkmail: bool = False
    is_primary: bool = False


def is_address(text: str) -> bool:
    """Return whether a text can be an e-mail address. CiviCRM stores any text; Mailchimp has the final say."""
    return len(text) <= ADDRESS_LENGTH_MAX and _LOOKS_LIKE_AN_ADDRESS.fullmatch(text.strip()) is not None


def best_address(addresses: Iterable[Address]) -> Address | None:
    """Return the address to mail: bulk mail, then primary, then any; never one that is on hold or invalid."""
    usable = [address for address in addresses if not address.on_hold and is_address(address.email)]
    return max(usable, key=lambda address: (address.is_bulkmail, address.is_primary), default=None)


def obstacle_to_subscribing(
    addresses: Iterable[Address], *, do_not_email: bool = False, is_opt_out: bool = False, is_deceased: bool = False
) -> Code | None:
    """Return why a contact may not be newly subscribed; flags of the contact come before its addresses."""
    if is_deceased:
        return Code.CV_DECEASED
    if is_opt_out:
        return Code.CV_OPTED_OUT
    if do_not_email:
        return Code.CV_DO_NOT_EMAIL
    known = [address for address in addresses if address.email.strip()]
    if best_address(known) is not None:
        return None
    if not known:
        return Code.CV_NO_ADDRESS
    return Code.CV_ON_HOLD if any(is_address(address.email) for address in known) else Code.CV_BAD_ADDRESS
