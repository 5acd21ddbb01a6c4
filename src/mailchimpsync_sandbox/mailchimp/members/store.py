"""Rows of members: find, make, change, delete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.problems import not_found
from mailchimpsync_sandbox.mailchimp.ids import contact_id, member_id, row_of_contact_id, unique_email_id

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.database import Database

Values = dict[str, Any]
HASH_LENGTH = 32


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def compact(value: object) -> str:
    """Return JSON the way it is stored and sent: no spaces, no escapes beyond need."""
    return _ENCODER.encode(value)


def by_address(db: Database, list_id: str, address: str) -> sqlite3.Row | None:
    return db.one("SELECT * FROM member WHERE list_id = ? AND address = ?", list_id, address.lower())


def find(db: Database, list_id: str, key: str) -> sqlite3.Row | None:
    """Find a member by subscriber hash in any case, address, or contact id.

    See docs/reference/mailchimp-behaviour.md#who-a-member-is.
    """
    if "@" in key:
        return by_address(db, list_id, key)
    row = db.one("SELECT * FROM member WHERE list_id = ? AND id = ?", list_id, key.lower())
    if row is None and len(key) == HASH_LENGTH and (pk := row_of_contact_id(key)):
        row = db.one("SELECT * FROM member WHERE list_id = ? AND pk = ?", list_id, pk)
    return row


def get(db: Database, list_id: str, key: str) -> sqlite3.Row:
    """Find a member.

    Raises:
        Problem: 404, there is none.
    """
    row = find(db, list_id, key)
    if row is None:
        raise not_found()
    return row


def identity(address: str) -> Values:
    """Return the columns that follow from an address."""
    return {
        "email_address": address,
        "address": address.lower(),
        "id": member_id(address),
        "unique_email_id": unique_email_id(address),
    }


def insert(db: Database, list_id: str, values: Values) -> int:
    """Make a member, and return its row's key."""
    pk = db.next("member")
    row = identity(values["email_address"]) | values | {"pk": pk, "list_id": list_id, "contact_id": contact_id(pk)}
    # Column names come from this package, never from a request.
    db.run(f"INSERT INTO member ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", *row.values())  # noqa: S608
    return pk


def update(db: Database, pk: int, values: Values) -> None:
    columns = ", ".join(f"{name} = ?" for name in values)
    db.run(f"UPDATE member SET {columns} WHERE pk = ?", *values.values(), pk)  # noqa: S608 (as above)


def delete(db: Database, pk: int) -> None:
    db.run("DELETE FROM member WHERE pk = ?", pk)
