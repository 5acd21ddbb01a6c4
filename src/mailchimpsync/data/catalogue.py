"""What can fill a merge field besides plain contact fields: summaries, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.model import blank_as_empty

Row = Mapping[str, Any]

MEMBERSHIPS, DONATIONS, FIRST, LAST, ADDRESSES = "memberships", "donations", "first", "last", "addresses"


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary: its label, its usual merge field type, and what has to be looked up for it."""

    label: str
    type: str
    lookup: str
    value: Callable[[Sequence[Row]], Any]


def _membership(name: str) -> Callable[[Sequence[Row]], Any]:
    return lambda rows: min(rows, key=_least_relevant)[name] if rows else None


def _least_relevant(row: Row) -> tuple[bool, bool, list[int], int]:
    """Order memberships: a current one first, then the one ending last (or never), then the newest."""
    end = row["end_date"]
    latest = [-ord(letter) for letter in end or ""]
    return not row["status_id.is_current_member"], end is not None, latest, -int(row["id"])


def _donation(name: str) -> Callable[[Sequence[Row]], Any]:
    return lambda rows: rows[0][name] if rows else None


def _address(rows: Sequence[Row]) -> Mapping[str, str] | None:
    if not rows:
        return None
    row = {name: blank_as_empty(value) if isinstance(value, str) else value for name, value in rows[0].items()}
    second = ", ".join(filter(None, (row["supplemental_address_1"], row["supplemental_address_2"])))
    return {
        "addr1": row["street_address"] or "",
        "addr2": second,
        "city": row["city"] or "",
        "state": row["state_province_id:abbr"] or "",
        "zip": row["postal_code"] or "",
        "country": row["country_id:abbr"] or "",
    }


SUMMARIES: Mapping[str, Summary] = {
    "membership.type": Summary("Membership: type", "text", MEMBERSHIPS, _membership("membership_type_id:label")),
    "membership.status": Summary("Membership: status", "text", MEMBERSHIPS, _membership("status_id:label")),
    "membership.join": Summary("Membership: member since", "date", MEMBERSHIPS, _membership("join_date")),
    "membership.start": Summary("Membership: start", "date", MEMBERSHIPS, _membership("start_date")),
    "membership.end": Summary("Membership: end", "date", MEMBERSHIPS, _membership("end_date")),
    "donations.first": Summary("Donations: date of the first", "date", DONATIONS, _donation("first_date")),
    "donations.last": Summary("Donations: date of the last", "date", DONATIONS, _donation("last_date")),
    "donations.largest": Summary("Donations: largest", "number", DONATIONS, _donation("largest")),
    "donations.total": Summary("Donations: total", "number", DONATIONS, _donation("total")),
    "donations.count": Summary("Donations: number", "number", DONATIONS, _donation("number")),
    "address": Summary("Primary address", "address", ADDRESSES, _address),
}
"""Summaries by their name in the configuration."""

ALIASES: Mapping[str, tuple[str, str, str]] = {
    "birthday": ("birth_date", "Birthday", "birthday"),
    "phone": ("phone_primary.phone", "Primary phone", "phone"),
    "contact_id": ("id", "Contact ID", "number"),
    "checksum": ("hash", "Checksum for personal links", "text"),
}
"""Short names for contact fields: the field, its label, its usual merge field type."""


def contact_field(source: str) -> str | None:
    """Return the contact field that a source reads, or None if it is a summary of other records."""
    if source in SUMMARIES:
        return None
    return ALIASES[source][0] if source in ALIASES else source


def lookups_for(sources: Sequence[str], contact_ids: Sequence[int]) -> dict[str, tuple[str, str, Mapping[str, Any]]]:
    """Return the calls that sources need besides contacts, by name."""
    wanted = {SUMMARIES[source].lookup for source in sources if source in SUMMARIES}
    ids = ["contact_id", "IN", list(contact_ids)]
    calls: dict[str, tuple[str, str, Mapping[str, Any]]] = {}
    if MEMBERSHIPS in wanted:
        select = ["id", "contact_id", "membership_type_id:label", "status_id:label", "status_id.is_current_member"]
        select += ["join_date", "start_date", "end_date"]
        where = [ids, ["is_test", "=", False]]
        calls[MEMBERSHIPS] = ("Membership", "get", {"select": select, "where": where})
    if DONATIONS in wanted:
        select = ["contact_id", "MIN(receive_date) AS first_date", "MAX(receive_date) AS last_date"]
        select += ["MAX(total_amount) AS largest", "SUM(total_amount) AS total", "COUNT(id) AS number"]
        where = [ids, ["is_test", "=", False], ["contribution_status_id:name", "=", "Completed"]]
        calls[DONATIONS] = ("Contribution", "get", {"select": select, "where": where, "groupBy": ["contact_id"]})
    if ADDRESSES in wanted:
        select = ["contact_id", "street_address", "supplemental_address_1", "supplemental_address_2", "city"]
        select += ["postal_code", "state_province_id:abbr", "country_id:abbr"]
        calls[ADDRESSES] = ("Address", "get", {"select": select, "where": [ids, ["is_primary", "=", True]]})
    return calls
