"""Reads both sides through their public APIs, without the engine and its cache, and compares them row by row."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from mailchimpsync.actions import FailedRow
from mailchimpsync.model import Connection

ROWS_PER_PAGE = 1_000
SUBSCRIBED = ("subscribed", "pending")


@dataclass
class CivicrmSide:
    """The contacts of each group, and the addresses of each contact (in lower case).

    Contacts in the trash are left out. An address that a merge left with one of them counts for the remaining contact.
    """

    groups: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    addresses: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass(frozen=True)
class MailchimpSide:
    """Statuses and ticked interests by address (in lower case)."""

    statuses: dict[str, str]
    interests: dict[str, frozenset[str]]

    def is_subscribed(self, address: str) -> bool:
        """Return whether an address is subscribed or pending."""
        return self.statuses.get(address) in SUBSCRIBED


@dataclass(frozen=True)
class Comparison:
    """The result: how much was compared, how many differences have a known reason, and the unexplained ones."""

    memberships: int
    members: int
    agreeing: int
    explained: int
    unexplained: tuple[str, ...]


def read_civicrm(url: str, key: str, group_ids: Collection[int]) -> CivicrmSide:
    """Read groups and addresses from CiviCRM's APIv4."""
    side = CivicrmSide()
    here: list[list[Any]] = [
        ["status", "=", "Added"],
        ["contact_id.is_deleted", "=", False],
        ["group_id", "IN", list(group_ids)],
    ]
    with httpx2.Client(headers={"X-Civi-Auth": f"Bearer {key}", "X-Requested-With": "XMLHttpRequest"}) as http:
        for row in _rows(http, url, "GroupContact", ["contact_id", "group_id"], here):
            side.groups[row["group_id"]].add(row["contact_id"])
        living: list[list[Any]] = [["contact_id.is_deleted", "=", False]]
        for row in _rows(http, url, "Email", ["contact_id", "email"], living):
            if row["email"]:
                side.addresses[row["contact_id"]].add(row["email"].lower())
        for row in _rows(http, url, "Email", ["contact_id", "email"], [["contact_id.is_deleted", "=", True]]):
            kept = _merged_to(http, url, row["contact_id"])
            if row["email"] and kept is not None:
                side.addresses[kept].add(row["email"].lower())
    return side


def _merged_to(http: httpx2.Client, url: str, contact: int) -> int | None:
    values = _call(http, url, "Contact/getMergedTo", {"contactId": contact})
    return values[0].get("id") if values and values[0] else None


def _rows(
    http: httpx2.Client, url: str, entity: str, select: list[str], where: list[list[Any]]
) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        params = {
            "select": ["id", *select],
            "where": [*where, ["id", ">", after]],
            "orderBy": {"id": "ASC"},
            "limit": ROWS_PER_PAGE,
        }
        rows = _call(http, url, f"{entity}/get", params)
        yield from rows
        if len(rows) < ROWS_PER_PAGE:
            return
        after = rows[-1]["id"]


def _call(http: httpx2.Client, url: str, action: str, params: Mapping[str, Any]) -> list[Any]:
    answer = http.post(f"{url}/civicrm/ajax/api4/{action}", data={"params": json.dumps(params)})
    values: list[Any] = answer.raise_for_status().json()["values"]
    return values


def read_mailchimp(url: str, key: str, list_id: str) -> MailchimpSide:
    """Read members from Mailchimp's API 3.0."""
    statuses, ticked = {}, {}
    fields = "total_items,members.email_address,members.status,members.interests"
    with httpx2.Client(auth=("check", key)) as http:
        for offset in range(0, 10**9, ROWS_PER_PAGE):
            params: dict[str, str | int] = {"count": ROWS_PER_PAGE, "offset": offset, "fields": fields}
            page = http.get(f"{url}/lists/{list_id}/members", params=params).raise_for_status().json()
            for member in page["members"]:
                address = member["email_address"].lower()
                statuses[address] = member["status"]
                ticked[address] = frozenset(key for key, is_on in member["interests"].items() if is_on)
            if offset + ROWS_PER_PAGE >= page["total_items"]:
                return MailchimpSide(statuses, ticked)
    raise AssertionError("unreachable")


def compare(
    civicrm: CivicrmSide, mailchimp: MailchimpSide, connection: Connection, failures: Collection[FailedRow]
) -> Comparison:
    """Compare every group member with every audience member, and interests with their groups."""
    excused = _Excused(failures)
    in_group = civicrm.groups[connection.group_id]
    owned = {address for contact in in_group for address in civicrm.addresses[contact]}
    agreeing, explained, unexplained = 0, 0, []
    for contact in sorted(in_group):
        difference = _difference(civicrm, mailchimp, connection, contact)
        if difference is None:
            agreeing += 1
        elif excused.contact(contact):
            explained += 1
        else:
            unexplained.append(f"contact {contact}: {difference}")
    for address in mailchimp.statuses:
        if mailchimp.is_subscribed(address) and address not in owned:
            if excused.address(address):
                explained += 1
            else:
                unexplained.append(
                    "a member is subscribed at Mailchimp, but no contact with the address is in the group"
                )
    members = sum(mailchimp.is_subscribed(address) for address in mailchimp.statuses)
    return Comparison(len(in_group), members, agreeing, explained, tuple(unexplained))


def _difference(civicrm: CivicrmSide, mailchimp: MailchimpSide, connection: Connection, contact: int) -> str | None:
    subscribed = [address for address in civicrm.addresses[contact] if mailchimp.is_subscribed(address)]
    if not subscribed:
        return "in the group, but none of its addresses is subscribed at Mailchimp"
    ticked = {interest for address in subscribed for interest in mailchimp.interests[address]}
    differing = _differing_interests(civicrm.groups, connection.interests, contact, ticked)
    return f"interests {', '.join(differing)} differ from their groups" if differing else None


def _differing_interests(
    groups: Mapping[int, Collection[int]], interests: Mapping[str, int], contact: int, ticked: Collection[str]
) -> list[str]:
    return [interest for interest, group in interests.items() if (interest in ticked) != (contact in groups[group])]


class _Excused:
    """The people who are listed as not synced."""

    def __init__(self, failures: Collection[FailedRow]) -> None:
        self._contacts = {failure.contact_id for failure in failures}
        self._addresses = {failure.address.lower() for failure in failures if failure.address}

    def contact(self, contact: int) -> bool:
        return contact in self._contacts

    def address(self, address: str) -> bool:
        return address in self._addresses
