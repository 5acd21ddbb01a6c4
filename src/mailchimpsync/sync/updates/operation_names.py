"""Names of operations, made so that results can't be mistaken for another site's or another batch's."""

from __future__ import annotations

from random import Random

from mailchimpsync.store import Transaction
from mailchimpsync.store.site.site import MARK, set_if_missing

_MARK_BITS = 64


def random_mark(chance: Random) -> str:
    """Return a unique random mark."""
    return f"{chance.getrandbits(_MARK_BITS):016x}"


def mark_of_batch(tx: Transaction, chance: Random) -> str:
    """Return the mark of a new batch: that of the site, made with its first batch, and one of its own."""
    return f"{set_if_missing(tx, MARK, random_mark(chance))}-{random_mark(chance)}"


def operation_name(mark: str, update_id: int) -> str:
    """Return the name of an update's operation in the batch with a mark."""
    return f"{mark}-{update_id}"


def update_of(mark: str | None, name: str | None) -> int | None:
    """Return the update whose operation in the batch with a mark has a name; None: it is none of ours."""
    of_batch, _, key = (name or "").rpartition("-")
    return int(key) if mark and of_batch == mark and key.isascii() and key.isdigit() else None
