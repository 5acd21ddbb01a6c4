"""The person behind an address (also a former one), a contact's number or a member id."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mailchimpsync.actions.api.parameters import number_in
from mailchimpsync.actions.site import JOURNAL_PURPOSE, Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.addresses import member_id_of, normalise_address, spellings
from mailchimpsync.civicrm import owners_of
from mailchimpsync.errors import MailchimpsyncError, UsageError
from mailchimpsync.messages import Message, moment, say, without_period
from mailchimpsync.store import Transaction
from mailchimpsync.store.journal import chain, journal
from mailchimpsync.store.queries import persons
from mailchimpsync.store.queries.persons import PersonRow
from mailchimpsync.store.site import tombstones

TIME_LIMIT_SECONDS = 10
_MEMBER_ID = re.compile(r"[0-9a-f]{32}")


@dataclass
class Person:
    """All that identifies a person: rows, contacts, and members as the journal has them, plain or as digests."""

    address: str | None = None
    rows: list[PersonRow] = field(default_factory=list)
    row_keys: set[tuple[str, int]] = field(default_factory=set)
    contact_ids: set[int] = field(default_factory=set)
    member_keys: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    is_erased: bool = False


def find_person(site: Site, asked: str, audiences: Sequence[str]) -> Person:
    """Return the person with their rows in some audiences.

    Raises:
        UsageError: this is not an address, a contact's number or a member id.
    """
    found = _read(asked.strip())
    shown = _ask_civicrm(site, found, found.address) if found.address is not None else None
    keys = site.keyring.derive_all(JOURNAL_PURPOSE)
    _find_erasure(site, found)
    with site.store.reading() as tx:
        _follow(tx, found, keys, audiences)
    if shown is not None:
        _note_not_shown(found, shown)
    if len(found.contact_ids) > 1:
        names = {row.civicrm_contact_id: row.name for row in found.rows}
        known = ((one, names.get(one)) for one in sorted(found.contact_ids))
        numbers = ", ".join(f"{name} ({one})" if name else str(one) for one, name in known)
        found.notes.append(say("More than one contact matches, now or in the past: %(numbers)s.", numbers=numbers))
    return found


def identifies_person(asked: str) -> bool:
    """Say whether this is an address, a contact's number or a member id, as `find_person` takes it."""
    try:
        _read(asked.strip())
    except UsageError:
        return False
    return True


def _find_erasure(site: Site, found: Person) -> None:
    key = site.erasure_key()
    if key is None or found.address is None:
        return
    with site.store.reading() as tx:
        noted = tombstones.tombstone_of(tx, tombstones.digest_of(key, found.address))
    if noted is not None:
        found.is_erased = True
        time, who = moment(noted[0]), noted[1]
        found.notes.append(say("This address was erased on %(time)s by %(who)s.", time=time, who=who))


def _read(asked: str) -> Person:
    if "@" in asked:
        address = normalise_address(asked)
        return Person(address=address, member_keys={member_id_of(one) for one in spellings([asked])})
    if _MEMBER_ID.fullmatch(asked.lower()):
        return Person(member_keys={asked.lower()})
    if (contact := number_in(asked)) is not None:
        return Person(contact_ids={contact})
    raise UsageError("Enter an e-mail address, a contact's number in CiviCRM, or a Mailchimp member id.")


def not_asked(error: MailchimpsyncError) -> Message:
    """Return a note that it isn't known which contacts have an address, and why."""
    why = without_period(error.what)
    return say("CiviCRM could not be asked which contacts have the address: %(error)s.", error=why)


def _ask_civicrm(site: Site, found: Person, address: str) -> frozenset[int] | None:
    """Find contacts that no sync has seen yet; None if CiviCRM can't be reached."""
    try:
        with within(site.civicrm(), TIME_LIMIT_SECONDS) as client:
            owners = [owner for page in owners_of(client, [address]) for owner in page]
    except MailchimpsyncError as error:
        found.notes.append(not_asked(error))
        return None
    shown = frozenset(owner.contact_id for owner in owners if normalise_address(owner.address) == address)
    found.contact_ids |= shown
    return shown


def _note_not_shown(found: Person, shown: Collection[int]) -> None:
    """Add a note for contacts that CiviCRM no longer shows: they may be in the trash, or just deleted."""
    rows = [row for row in found.rows if normalise_address(row.mailchimp_email or "") == found.address]
    owners = {row.civicrm_contact_id for row in rows if row.civicrm_contact_id is not None}
    for contact in sorted(owners - set(shown)):
        found.notes.append(
            say(
                "CiviCRM no longer shows contact %(contact)s with this address. What you "
                "see here is from the last sync.",
                contact=contact,
            )
        )


def _follow(tx: Transaction, found: Person, keys: Sequence[str], audiences: Sequence[str]) -> None:
    """Go from the search text to rows, from rows to their contacts, and from contacts to all of their rows."""
    member_ids = set(found.member_keys)
    found.member_keys |= _digests(keys, member_ids)
    found.row_keys, contacts = journal.rows_of_members(tx, found.member_keys)
    ids = [row_id for _, row_id in found.row_keys]
    rows = persons.rows_of(tx, audiences, ids=ids, member_ids=member_ids, address=found.address)
    owners = {row.civicrm_contact_id for row in rows.values() if row.civicrm_contact_id is not None}
    found.contact_ids |= contacts | owners
    rows |= persons.rows_of(tx, audiences, contact_ids=found.contact_ids)
    found.rows = [rows[row_id] for row_id in sorted(rows)]
    found.row_keys |= {(row.mailchimp_list_id, row.id) for row in found.rows}
    others = {row.mailchimp_member_id for row in found.rows if row.mailchimp_member_id}
    found.member_keys |= others | _digests(keys, others)


def _digests(keys: Sequence[str], member_ids: Collection[str]) -> set[str]:
    return {chain.digest(key, member_id) for key in keys for member_id in member_ids}
