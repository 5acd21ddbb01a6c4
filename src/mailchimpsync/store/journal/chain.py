"""How journal entries are chained: each entry's hash covers itself and, through its predecessor, all before it.

Personal values are in the hash only as a commitment, a SHA-256 with the entry's own random salt. When they are replaced
by keyed digests, the salt is deleted, so that nobody can find them by trying, and the hash stays valid. A seal, which
only the holder of the key can make, replaces the salt.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from secrets import token_hex
from typing import Any

from pydantic_core import to_json

from mailchimpsync.effects import PERSONAL, What

Entry = Mapping[str, Any]

CHAIN_START = ""
"""The hash before the first entry."""

_plain_values = itemgetter(
    "list_id", "number", "cache_id", "contact_id", "run_id", "side", "field", "reason", "actor", "answer"
)
_SALT_BYTES = 16
_SALT_LENGTH = 2 * _SALT_BYTES
_DIGEST_LENGTH = 32
_KEY_ID_LENGTH = 8
_SEAL_LENGTH = 64


def chained(entries: Sequence[Entry], number: int, before: str) -> Iterator[dict[str, Any]]:
    """Yield entries as they continue the chain, after the entry with this number and hash."""
    salts = token_hex(_SALT_BYTES * len(entries))
    for place, entry in enumerate(entries):
        salt = salts[place * _SALT_LENGTH : (place + 1) * _SALT_LENGTH]
        made = {**entry, "number": number + place + 1, "salt": salt, "minimised_at": None}
        made["commitment"] = commitment_of(made)
        made["hash"] = before = hash_of(made, before)
        yield made


def commitment_of(entry: Entry) -> str:
    """Return the commitment to an entry's personal values, as included in the chain."""
    return _sha256((entry["salt"], *_personal(entry)))


def hash_of(entry: Entry, before: str) -> str:
    """Return the hash of an entry that follows the one with the hash `before`."""
    open_values = (None, None) if _is_personal(entry["field"]) else (entry["old"], entry["new"])
    return _sha256((before, *_plain_values(entry), _moment(entry["time"]), *open_values, entry["commitment"]))


def minimised(entry: Entry, key: str, now: datetime, *, digest_key: str | None = None) -> dict[str, Any]:
    """Return an entry's columns with its personal values replaced by digests, and sealed with a key.

    With its own `digest_key`, which is discarded, nobody can find the entry again by its values.
    """
    values = dict(zip(("member_id", "old", "new"), _personal(entry), strict=True))
    shown = {name: entry[name] for name in values} | {
        name: digest(digest_key or key, value) for name, value in values.items() if value is not None
    }
    return {"id": entry["id"], **shown, "minimised_at": now, "salt": _seal({**entry, **shown}, key)}


def digest(key: str, value: str) -> str:
    """Return the digest of a personal value; with the key, entries can be found by the value."""
    return _hmac(key, ["value", value])[:_DIGEST_LENGTH]


def seal_holds(entry: Entry, keys: Sequence[str]) -> bool | None:
    """Return whether a minimised entry is as it was sealed; None: its key isn't among those given."""
    seal = entry["salt"] or ""
    key = next((one for one in keys if _key_id(one) == seal[:_KEY_ID_LENGTH]), None)
    return None if key is None else hmac.compare_digest(seal, _seal(entry, key))


@lru_cache(maxsize=1_000)
def _is_personal(field: str) -> bool:
    return What.read(field)[0] in PERSONAL


def _personal(entry: Entry) -> tuple[str | None, str | None, str | None]:
    if _is_personal(entry["field"]):
        return entry["member_id"], entry["old"], entry["new"]
    return entry["member_id"], None, None


@lru_cache(maxsize=100)
def _moment(time: datetime) -> str:
    return (time if time.tzinfo is UTC else time.astimezone(UTC)).isoformat()


def _seal(entry: Entry, key: str) -> str:
    about = [entry[name] for name in ("list_id", "cache_id", "number", "hash", "member_id", "old", "new")]
    return (_key_id(key) + _hmac(key, ["seal", *about]))[:_SEAL_LENGTH]


def _key_id(key: str) -> str:
    return _hmac(key, ["key"])[:_KEY_ID_LENGTH]


def _sha256(values: Sequence[Any]) -> str:
    return sha256(to_json(values)).hexdigest()


def _hmac(key: str, values: Sequence[Any]) -> str:
    return hmac.new(key.encode(), to_json(values), sha256).hexdigest()
