"""Filling a site quickly, past the API: thousands of contacts with addresses, memberships and history."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mailchimpsync_sandbox.civicrm.database import Database, as_text
from mailchimpsync_sandbox.civicrm.entities.contact_rules import names_of

_CONTACT = (
    "contact_type",
    "first_name",
    "middle_name",
    "last_name",
    "organization_name",
    "external_identifier",
    "source",
)
_FLAGS = ("is_deleted", "do_not_email", "is_opt_out", "is_deceased")
_SQL_CONTACT = (
    f"INSERT INTO civicrm_contact (id, {', '.join(_CONTACT)}, {', '.join(_FLAGS)}, hash, display_name, sort_name, "
    f"created_date, modified_date) VALUES ({', '.join('?' * (len(_CONTACT) + len(_FLAGS) + 6))})"
)
_SQL_EMAIL = (
    "INSERT INTO civicrm_email (id, contact_id, location_type_id, email, is_primary, is_bulkmail, on_hold, hold_date) "
    "VALUES (?, ?, 1, ?, ?, ?, ?, ?)"
)
_SQL_MEMBER = "INSERT INTO civicrm_group_contact (group_id, contact_id, status) VALUES (?, ?, ?)"
_SQL_HISTORY = (
    "INSERT INTO civicrm_subscription_history (contact_id, group_id, date, method, status) VALUES (?, ?, ?, ?, ?)"
)


def load_contacts(database: Database, contacts: Iterable[dict[str, Any]]) -> list[int]:
    """Insert contacts and return their ids, in order.

    Dates are ISO 8601; without a zone they are UTC. An e-mail is an address or `{email, is_primary, is_bulkmail,
    on_hold, hold_date, id}`. `groups` is `{group_id: {status, date, method}}`, which the history gets too, or a list of
    history entries `{group_id, status, date, method}`, oldest first, of which the last one of a group holds.

    Raises:
        ApiError: an id or an external identifier is taken, or a group is unknown; nothing is loaded.
        KeyError: an entry lacks what it needs.
    """
    next_id = database.rows("SELECT coalesce(MAX(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'civicrm_contact'")[0][
        0
    ]
    rows: dict[str, list[tuple[Any, ...]]] = {_SQL_EMAIL: [], _SQL_CONTACT: [], _SQL_MEMBER: [], _SQL_HISTORY: []}
    ids = []
    for contact in contacts:
        contact_id = int(contact.get("id") or next_id)
        next_id = max(next_id, contact_id + 1)
        ids.append(contact_id)
        rows[_SQL_EMAIL] += _emails(database, contact_id, contact)
        rows[_SQL_CONTACT].append(_contact(database, contact_id, contact))
        members, history = _groups(database, contact_id, contact)
        rows[_SQL_MEMBER] += members
        rows[_SQL_HISTORY] += history
    # Addresses go first: a contact that is not there yet is not touched by them, and keeps its modified date.
    database.execute("PRAGMA defer_foreign_keys = ON")
    for sql, values in rows.items():
        database.execute_many(sql, values)
    return ids


def _utc(database: Database, text: str | None) -> str:
    if not text:
        return database.utc_now()
    moment = datetime.fromisoformat(text)
    return as_text(moment.astimezone(UTC) if moment.tzinfo else moment)


def _contact(database: Database, contact_id: int, contact: dict[str, Any]) -> tuple[Any, ...]:
    contact = {"contact_type": "Individual", **contact}
    display, sort = names_of(contact)
    address = next((one["email"].lower() for one in _listed(contact)), None)
    modified = _utc(database, contact.get("modified_date"))
    created = _utc(database, contact["created_date"]) if contact.get("created_date") else modified
    return (
        contact_id,
        *(contact.get(name) for name in _CONTACT),
        *(int(bool(contact.get(name))) for name in _FLAGS),
        f"{contact_id:032x}",
        display or address,
        sort or address,
        created,
        modified,
    )


def _listed(contact: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"email": one} if isinstance(one, str) else one for one in contact.get("emails") or []]


def _emails(database: Database, contact_id: int, contact: dict[str, Any]) -> list[tuple[Any, ...]]:
    emails = _listed(contact)
    primary = next((place for place, one in enumerate(emails) if one.get("is_primary")), 0)
    made = []
    for place, one in enumerate(emails):
        on_hold = int(one.get("on_hold") or 0)
        held = _utc(database, one.get("hold_date")) if on_hold else None
        hold_date = database.wall_clock(held) if held else None
        bulk = int(bool(one.get("is_bulkmail")))
        address = one["email"].lower()
        made.append((one.get("id"), contact_id, address, int(place == primary), bulk, on_hold, hold_date))
    return made


def _groups(
    database: Database, contact_id: int, contact: dict[str, Any]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    groups = contact.get("groups") or []
    entries = [{"group_id": key, **entry} for key, entry in groups.items()] if isinstance(groups, dict) else groups
    history, last = [], {}
    for entry in entries:
        group_id, status = int(entry["group_id"]), entry.get("status") or "Added"
        history.append(
            (contact_id, group_id, _utc(database, entry.get("date")), entry.get("method") or "Admin", status)
        )
        last[group_id] = status
    return [(group_id, contact_id, status) for group_id, status in last.items() if status != "Deleted"], history
