"""Erased addresses, stored as keyed digests: key and address together find one; the address can't be recovered.

The key is created when the first address is erased, and stored encrypted with the site's secret key: replacing the
secret key must not bring erased people back.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select

from mailchimpsync.addresses import normalise_address, spellings
from mailchimpsync.store.engine.dialect import upsert
from mailchimpsync.store.schema import tombstone

ERASURE_KEY = "erasure"
"""The name of the stored key."""

IDENTITY_PREFIX = "e:"
"""The start of the identity of a row that stands for an erased address; the start of the digest follows."""

_IDENTITY_LENGTH = 60


def digest_of(key: str, address: str) -> str:
    """Return the digest of an erased address."""
    return _digest(key, normalise_address(address))


def _digest(key: str, text: str) -> str:
    return hmac.new(bytes.fromhex(key), text.encode(), sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Erased:
    """The erased addresses; checking costs almost nothing if there are none."""

    key: str = ""
    digests: frozenset[str] = field(default_factory=frozenset)

    def knows(self, address: str | None) -> bool:
        """Return whether an address was erased, in any spelling: old records may have any of them."""
        if not self.digests or not address:
            return False
        return any(_digest(self.key, one) in self.digests for one in spellings([address]))

    def any_of(self, addresses: Iterable[str]) -> bool:
        """Return whether any of the addresses was erased."""
        return bool(self.digests) and any(self.knows(address) for address in addresses)

    def identity_of(self, address: str) -> str:
        """Return the identity of the row that stands for an erased address."""
        return IDENTITY_PREFIX + digest_of(self.key, address)[:_IDENTITY_LENGTH]


NONE_ERASED = Erased()


def erased(tx: Connection, key: str | None) -> Erased:
    """Return the erased addresses, with their key."""
    if not key:
        return NONE_ERASED
    return Erased(key, frozenset(tx.execute(select(tombstone.c.digest)).scalars()))


def set_tombstone(tx: Connection, digest: str, now: datetime, by: str) -> None:
    """Record that an address is erased, by whom and when; an existing record stays."""
    row = {"digest": digest, "made_at": now, "made_by": by}
    upsert(tx, tombstone, [row], keys=("digest",), assign=lambda old, _new: [("made_by", old["made_by"])])


def tombstone_of(tx: Connection, digest: str) -> tuple[datetime, str] | None:
    """Return when an address was erased, and by whom; None: it wasn't."""
    found = tx.execute(select(tombstone.c.made_at, tombstone.c.made_by).where(tombstone.c.digest == digest)).first()
    return (found.made_at, found.made_by) if found is not None else None
