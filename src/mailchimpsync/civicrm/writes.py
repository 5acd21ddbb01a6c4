"""Bulk writes: statuses in groups, and new contacts. One bad record never stops the others.

What CiviCRM reports as done is read back: docs/decisions/read-back.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient
from mailchimpsync.civicrm.http.isolation import send_in_halves
from mailchimpsync.civicrm.http.pace import paced
from mailchimpsync.civicrm.http.read_back import write_until_kept
from mailchimpsync.civicrm.reads import owners_of
from mailchimpsync.civicrm.stored_values import (
    addresses_at,
    contacts_without_address,
    lost_statuses,
    newest_entry,
    statuses_and_newest_entry,
)
from mailchimpsync.errors import RefusedError, TransientError
from mailchimpsync.http import unreadable_answer
from mailchimpsync.model import MCSYNC_METHOD

GROUP_CONTACTS_FIRST, GROUP_CONTACTS_MAX = 100, 500
CONTACTS_FIRST, CONTACTS_MAX = 50, 250
"""Records in the first request, and in one at most; between them, as many as take some seconds.

On an idle machine 250 contacts take 2 to 3 s, and 500 group contacts 1 s. On one with eight times as much work as
processors they took 20 to 25 s and up to 49 s: a host that cuts requests at 60 s would soon have cut them all.
"""

SETTLE_SECONDS = 5.0
SETTLE_ROUNDS_MAX = 4

SOURCE = "mailchimpsync"

Record = tuple[int, int, str]
"""Contact id, group id, status."""

Created = int | RefusedError


class SavedStatuses(NamedTuple):
    """The records that CiviCRM refused or lost, and the newest entry of the history after the others were saved."""

    refused: dict[Record, RefusedError]
    newest: int


class NewContact(NamedTuple):
    """An individual to be made, with its primary address."""

    address: str
    first_name: str
    last_name: str


def save_group_contacts(
    client: CivicrmClient, records: Sequence[Record], list_id: str, known_to: int | None = None
) -> SavedStatuses:
    """Set statuses; at most one record for a contact and group, at most `IDS_MAX` records.

    The history shows `MCsync` and the audience (docs/reference/php-extension.md#the-subscription). Repeating it leaves
    the status as it is, but CiviCRM notes it in the history again (docs/reference/civicrm-behaviour.md#writing-rows):
    send only what is to change. `known_to` is the newest entry of the history that is known; None: CiviCRM is asked.

    Raises:
        TransientError, AccessError: some of the records may have been saved; send all again.
    """
    saving = _Saving(client, list_id, newest_entry(client) if known_to is None else known_to)
    refused = write_until_kept(client, records, saving.save, saving.lost)
    return SavedStatuses(refused, newest_entry(client) if saving.newest is None else saving.newest)


class _Saving:
    """Statuses that are being saved; `newest` is the newest entry of the history after the last of them was."""

    def __init__(self, client: CivicrmClient, list_id: str, before: int) -> None:
        self._client, self._tracking, self._before = client, f"audience {list_id}", before
        self.newest: int | None = None

    def save(self, records: Sequence[Record]) -> dict[Record, RefusedError]:
        """Save statuses, and return those that were refused."""
        self.newest = None
        refused: dict[Record, RefusedError] = {}
        pace = self._client.pace("group contacts", GROUP_CONTACTS_FIRST, GROUP_CONTACTS_MAX)
        for part in paced(self._client.runtime, pace, records, self._some):
            refused.update(part)
        return refused

    def lost(self, records: Sequence[Record]) -> dict[Record, bool]:
        """Return those that are not there, and whether each may be saved again."""
        if not records:
            return {}
        there, self.newest = statuses_and_newest_entry(self._client, records)
        unseen = [record for record in records if record not in there]
        places = lost_statuses(self._client, unseen, self._before) if unseen else {}
        return {record: places[record[:2]] for record in unseen if record[:2] in places}

    def _some(self, records: Sequence[Record]) -> dict[Record, RefusedError]:
        return send_in_halves(records, lambda some: _save(self._client, some, self._tracking))


def create_contacts(client: CivicrmClient, records: Sequence[NewContact]) -> list[Created]:
    """Make contacts, and return their ids, or why CiviCRM refused or lost one, in the order of `records`.

    Records of one address get one contact. A person would have to fix a contact that was made twice, so after any
    failure the addresses are looked up again, and contacts that exist by then are used instead (lowest id).

    Raises:
        TransientError, AccessError: some of the contacts may have been made; the next run finds them by their address.
    """
    unique = list({_key(record): record for record in reversed(records)}.values())
    making = _Making(client)
    refused = {_key(one): error for one, error in write_until_kept(client, unique, making.make, making.lost).items()}
    return [refused.get(_key(record)) or making.made[_key(record)] for record in records]


class _Making:
    """Contacts that are being made; `made` are those that CiviCRM said it made, by address."""

    def __init__(self, client: CivicrmClient) -> None:
        self._client, self._was_tried = client, False
        self.made: dict[str, int] = {}

    def make(self, records: Sequence[NewContact]) -> dict[NewContact, RefusedError]:
        """Make contacts, and return those that were refused. Before a second try, others may have made them."""
        if self._was_tried:
            self.made.update(_known(self._client, records))
        self._was_tried = True
        missing = [record for record in records if _key(record) not in self.made]
        pace = self._client.pace("contacts", CONTACTS_FIRST, CONTACTS_MAX)
        outcomes = chain.from_iterable(paced(self._client.runtime, pace, missing, self._some))
        refused: dict[NewContact, RefusedError] = {}
        for record, outcome in zip(missing, outcomes, strict=True):
            if isinstance(outcome, RefusedError):
                refused[record] = outcome
            else:
                self.made[_key(record)] = outcome
        return refused

    def lost(self, records: Sequence[NewContact]) -> dict[NewContact, bool]:
        """Return those that are not there. A contact that is there without its address is not made twice."""
        with_address = addresses_at(self._client, [self.made[_key(record)] for record in records])
        unseen = [one for one in records if (self.made[_key(one)], _key(one)) not in with_address]
        without = contacts_without_address(self._client, [self.made[_key(record)] for record in unseen])
        gone = [record for record in unseen if self.made[_key(record)] not in without]
        for record in gone:
            del self.made[_key(record)]
        return dict.fromkeys(gone, True)

    def _some(self, records: Sequence[NewContact]) -> list[Created]:
        return _create(self._client, records, SETTLE_ROUNDS_MAX)


def _save(client: CivicrmClient, records: Sequence[Record], tracking: str) -> None:
    params = {
        "records": [
            {"contact_id": contact_id, "group_id": group_id, "status": status}
            for contact_id, group_id, status in records
        ],
        "match": ["contact_id", "group_id"],
        "method": MCSYNC_METHOD,
        "tracking": tracking,
    }
    client.call("GroupContact", "save", params, idempotent=True)


def _create(client: CivicrmClient, records: Sequence[NewContact], rounds_left: int) -> list[Created]:
    """Make contacts in one call; after a failure use what exists, and continue with the rest, in halves if refused."""
    try:
        return list(_send(client, records))
    except RefusedError as error:
        refusal: RefusedError | None = error
    except TransientError as error:
        if not error.work_may_be_done or rounds_left == 0:
            raise
        _settle(client, error, SETTLE_ROUNDS_MAX - rounds_left)
        refusal, rounds_left = None, rounds_left - 1
    known = _known(client, records)
    missing = [record for record in records if _key(record) not in known]
    if refusal is not None and len(records) == 1 and missing:
        return [refusal]
    half = (len(missing) + 1) // 2 if refusal is not None else len(missing)
    rest = [made for part in (missing[:half], missing[half:]) if part for made in _create(client, part, rounds_left)]
    made_now = iter(rest)
    return [known.get(_key(record)) or next(made_now) for record in records]


def _key(record: NewContact) -> str:
    return normalise_address(record.address)


def _send(client: CivicrmClient, records: Sequence[NewContact]) -> list[int]:
    params = {
        "records": [
            {"first_name": record.first_name, "last_name": record.last_name, "email_primary.email": record.address}
            for record in records
        ],
        "defaults": {"contact_type": "Individual", "source": SOURCE},
    }
    ids = [row.get("id") for row in client.call("Contact", "save", params)]
    made = [int(one) for one in ids if one]
    if len(made) != len(records):
        raise unreadable_answer(CIVICRM, "Contact.save with another number of contacts")
    return made


def _settle(client: CivicrmClient, error: TransientError, rounds_done: int) -> None:
    """Wait until a request whose answer was lost has most likely ended: CiviCRM makes 100 contacts per second."""
    wait = SETTLE_SECONDS * 2**rounds_done + client.runtime.chance.uniform(0, SETTLE_SECONDS)
    if not client.has_time_for(wait) or not client.wait(wait):
        raise error


def _known(client: CivicrmClient, records: Sequence[NewContact]) -> dict[str, int]:
    """Return the lowest contact id by normalised address."""
    known: dict[str, int] = {}
    for owners in owners_of(client, [record.address for record in records]):
        for owner in owners:
            address = normalise_address(owner.address)
            known[address] = min(owner.contact_id, known.get(address, owner.contact_id))
    return known
