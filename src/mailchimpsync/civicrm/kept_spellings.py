"""The spellings in which a site keeps an address, including those its database doesn't treat as equal.

CiviCRM keeps an address as it was typed or imported, with a carriage return behind it or a blank in front. MySQL finds
such an address only if it is asked for in that spelling (docs/decisions/comparing-addresses.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pydantic import TypeAdapter

from mailchimpsync.addresses import normalise_address, spellings
from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient, Envelope
from mailchimpsync.civicrm.http.paging import Row, Where, pages
from mailchimpsync.civicrm.http.unreadable_rows import UnreadableRow
from mailchimpsync.http import unreadable_answer

ODDLY_SPELT: Where = [["email", "REGEXP", "[^!-~]"]]
"""Addresses with a character that isn't visible ASCII; all others are found by their spelling.

CiviCRM scans all its addresses for them: 0.1 s for 53,000.
"""

KEPT_SECONDS = 60.0
"""Requests for owners come in series, and few addresses are oddly spelt: they are read once a minute."""


class _Email(Row):
    email: str | None


class _Odd(NamedTuple):
    spelt: Mapping[str, Sequence[str]]
    unread: Sequence[UnreadableRow]


_EMAILS = TypeAdapter(Envelope[_Email])


def kept_spellings(
    client: CivicrmClient, addresses: Collection[str], unreadable: list[UnreadableRow] | None = None
) -> list[str]:
    """Return all the spellings to ask CiviCRM for, so that it finds all owners of these addresses.

    Rows that can't be read are added to `unreadable`, if given, and else are an error.
    """
    if not addresses:
        return []
    found = client.cached("oddly spelt addresses", KEPT_SECONDS, lambda: _oddly_spelt(client))
    if unreadable is None and found.unread:
        raise unreadable_answer(CIVICRM, str(found.unread[0]))
    (unreadable if unreadable is not None else []).extend(found.unread)
    others = [spelt for same in map(normalise_address, addresses) for spelt in found.spelt.get(same, ())]
    return list(dict.fromkeys([*spellings(addresses), *others]))


def _oddly_spelt(client: CivicrmClient) -> _Odd:
    """Return the oddly spelt addresses of the site, by their normalised form."""
    spelt: dict[str, list[str]] = defaultdict(list)
    unread: list[UnreadableRow] = []
    for rows in pages(client, "Email", _Email, _EMAILS, ODDLY_SPELT, unreadable=unread):
        for row in rows:
            spelt[normalise_address(row["email"] or "")].append(row["email"] or "")
    return _Odd(spelt, unread)
