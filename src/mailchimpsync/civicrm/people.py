"""What a decision needs to know about the people behind contacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient, succeeded
from mailchimpsync.civicrm.http.paging import PAGE_ROWS, Row, chunks, may_be_cut_off
from mailchimpsync.civicrm.http.unreadable_rows import UnreadableRow, readable_values
from mailchimpsync.http import unreadable_answer
from mailchimpsync.model import blank_as_empty

PERSONS_MAX = 1_999
"""Contacts in one request; with their e-mails they stay well below a page.

No round number: most contacts have one address, and as many addresses would look as if the site had cut them off there.
"""


class Email(NamedTuple):
    """An address of a person, as spelt in CiviCRM."""

    email: str
    on_hold: bool
    is_bulkmail: bool
    is_primary: bool


class Person(NamedTuple):
    """A contact with what forbids mailing it; `emails` in the order of their ids."""

    first_name: str
    last_name: str
    do_not_email: bool
    is_opt_out: bool
    is_deceased: bool
    is_deleted: bool
    emails: tuple[Email, ...]
    display_name: str = ""

    @property
    def name(self) -> str:
        """The name to show; CiviCRM shows an address for contacts without one."""
        own = " ".join(filter(None, (self.first_name, self.last_name)))
        return own or ("" if "@" in self.display_name else self.display_name)


class _Contact(Row):
    first_name: str | None
    last_name: str | None
    display_name: str | None
    do_not_email: bool | None
    is_opt_out: bool | None
    is_deceased: bool | None
    is_deleted: bool | None


class _Email(Row):
    contact_id: int
    email: str | None
    on_hold: int | None
    is_bulkmail: bool | None
    is_primary: bool | None


_CONTACTS = TypeAdapter(list[_Contact])
_EMAILS = TypeAdapter(list[_Email])


def persons(
    client: CivicrmClient, contact_ids: Sequence[int], unreadable: list[UnreadableRow] | None = None
) -> dict[int, Person]:
    """Return the contacts by id, trashed ones too; one that was deleted for good is left out.

    Rows that can't be read are added to `unreadable`, if given, and else are an error.
    """
    found: dict[int, Person] = {}
    unread: list[UnreadableRow] = []
    for some in chunks(list(dict.fromkeys(contact_ids)), PERSONS_MAX):
        found.update(_some_persons(client, some, unread))
    if unreadable is None and unread:
        raise unreadable_answer(CIVICRM, str(unread[0]))
    (unreadable if unreadable is not None else []).extend(unread)
    return found


def _some_persons(client: CivicrmClient, ids: Sequence[int], unreadable: list[UnreadableRow]) -> dict[int, Person]:
    contacts, emails, unread, emails_there = _fetch(client, ids)
    if len(ids) > 1 and _may_lack_some(len(ids), contacts, emails, unread, emails_there):
        half = len(ids) // 2
        return _some_persons(client, ids[:half], unreadable) | _some_persons(client, ids[half:], unreadable)
    unreadable.extend(unread)
    by_contact: dict[int, list[Email]] = {}
    for row in emails:
        if row["email"]:
            email = Email(row["email"], bool(row["on_hold"]), bool(row["is_bulkmail"]), bool(row["is_primary"]))
            by_contact.setdefault(row["contact_id"], []).append(email)
    return {row["id"]: _person(row, by_contact.get(row["id"], [])) for row in contacts}


def _may_lack_some(
    asked: int,
    contacts: list[_Contact],
    emails: list[_Email],
    unread: list[UnreadableRow],
    emails_there: int | None,
) -> bool:
    """Say whether there may be more contacts or addresses than the site gave; it also counts the addresses."""
    odd_contacts = sum(one.entity == "Contact" for one in unread)
    shown = len(contacts) + odd_contacts
    lacks_contacts = shown < asked and may_be_cut_off(shown, asked)
    shown_emails = len(emails) + len(unread) - odd_contacts
    return lacks_contacts or (shown_emails != emails_there and may_be_cut_off(shown_emails, PAGE_ROWS))


def _fetch(
    client: CivicrmClient, ids: Sequence[int]
) -> tuple[list[_Contact], list[_Email], list[UnreadableRow], int | None]:
    contact = {
        "select": list(_Contact.__annotations__),
        "where": [["id", "IN", list(ids)], ["is_deleted", "IN", [True, False]]],
        "limit": PAGE_ROWS,
    }
    email = {
        "select": [*_Email.__annotations__, "row_count"],
        "where": [["contact_id", "IN", list(ids)]],
        "orderBy": {"id": "ASC"},
        "limit": PAGE_ROWS,
    }
    results = client.multi({"contacts": ("Contact", "get", contact), "emails": ("Email", "get", email)})
    contacts, answer = succeeded(results["contacts"]).values, succeeded(results["emails"])
    emails, emails_there = answer.values, answer.count_matched
    try:
        return _CONTACTS.validate_python(contacts), _EMAILS.validate_python(emails), [], emails_there
    except ValidationError:
        some, odd_contacts = readable_values(contacts, TypeAdapter(_Contact).validate_python, "Contact")
        others, odd_emails = readable_values(emails, TypeAdapter(_Email).validate_python, "Email")
        return some, others, [*odd_contacts, *odd_emails], emails_there


def _person(row: _Contact, emails: list[Email]) -> Person:
    return Person(
        blank_as_empty(row["first_name"]),
        blank_as_empty(row["last_name"]),
        bool(row["do_not_email"]),
        bool(row["is_opt_out"]),
        bool(row["is_deceased"]),
        bool(row["is_deleted"]),
        tuple(emails),
        blank_as_empty(row["display_name"]),
    )
