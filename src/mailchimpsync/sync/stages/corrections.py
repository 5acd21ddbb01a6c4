"""Personal details changed at Mailchimp, corrected in CiviCRM: names, an address, or an address on hold.

Readings and webhooks record them in the row; the decisions make them part of the plan, which carries them out
(docs/decisions/effects-by-reading.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import (
    CivicrmClient,
    ContactEmail,
    Name,
    Person,
    add_bulk_addresses,
    hold_addresses,
    persons,
    set_names,
)
from mailchimpsync.decide.member_changes import MERGE_FIELDS, changed_names
from mailchimpsync.effects import What
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.store.cache import data
from mailchimpsync.store.cache.contact_facts import PENDING_CORRECTIONS, has_pending_corrections
from mailchimpsync.store.cache.rows import RowToDecide as Row
from mailchimpsync.store.changes import updates
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.sync.context import About, Run
from mailchimpsync.sync.deciding.effects import CORRECTIONS, Correction, corrections_of

CORRECTED: Mapping[str, None] = dict.fromkeys(PENDING_CORRECTIONS)
"""The columns of a row whose contact is up to date."""

Change = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrections by row, and the rows with recorded changes of which nothing is left to carry out."""

    planned: Mapping[int, Sequence[Correction]] = field(default_factory=dict)
    told: Sequence[int] = ()


def corrections_for(run: Run, rows: Sequence[Row]) -> Corrections:
    """Return what to correct for the contacts of due rows; CiviCRM is asked only about rows with recorded changes.

    A contact that isn't visible is corrected later. Rows without a contact have nothing to correct.
    """
    news = [row for row in rows if has_pending_corrections(row)]
    owned = [row for row in news if row.civicrm_contact_id is not None]
    if not news:
        return Corrections()
    contacts = sorted({row.civicrm_contact_id for row in news if row.civicrm_contact_id is not None})
    people = persons(run.civicrm, contacts, run.unreadable) if contacts else {}
    ours = _fields_sent_by_us(run, [row.id for row in owned if row.names_before is not None])
    planned: dict[int, Sequence[Correction]] = {}
    for row in owned:
        person = people.get(row.civicrm_contact_id or 0)
        if (
            person is not None
            and not person.is_deleted
            and (found := list(_corrections_for_row(run, row, person, ours[row.id])))
        ):
            planned[row.id] = found
    seen = {row.id for row in news if row.civicrm_contact_id is None or row.civicrm_contact_id in people}
    return Corrections(planned, sorted(seen - planned.keys()))


def _fields_sent_by_us(run: Run, row_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """Return merge fields that CiviCRM has sent unanswered, or will send: at Mailchimp they aren't the person's change.

    Fields waiting to be sent count whatever Mailchimp has: CiviCRM has changed too, and its value is on its way.
    """
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    if not row_ids:
        return found
    with run.transaction() as tx:
        for sent in updates.unanswered_bodies(tx, row_ids):
            found[sent.row_id] |= sent.data.get("merge_fields") or {}
        for key, row in data.data_of_rows(tx, row_ids).items():
            found[key] |= dict.fromkeys((row.wanted or {}).get("fields") or {})
    return found


def _corrections_for_row(run: Run, row: Row, person: Person, ours: Mapping[str, Any]) -> Iterator[Correction]:
    address = row.mailchimp_email or ""
    having = [one for one in person.emails if normalise_address(one.email) == normalise_address(address)]
    if row.address_before is not None and address and not having and not run.erased.knows(address):
        yield Correction(What.ADDRESS, row.address_before, address, Code.MAILCHIMP_RENAMED.value)
    if row.hold_reason is not None and any(not one.on_hold for one in having):
        yield Correction(What.ON_HOLD, "no", "yes", row.hold_reason)
    if row.names_before is None:
        return
    for part, new in changed_names(row.names_before, row.mailchimp_data or {}).items():
        old: str = getattr(person, part)
        if new != old and not _was_sent_by_us(ours, MERGE_FIELDS[part], new):
            yield Correction(What(part), old, new, Code.MAILCHIMP_PROFILE.value)


def _was_sent_by_us(ours: Mapping[str, Any], tag: str, value: str) -> bool:
    return tag in ours and ours[tag] in (None, value)


def has_only_corrections(change: Change) -> bool:
    """Return whether a planned change has nothing else, so that its row is decided already."""
    else_ = change["create_contact"] or change["group_changes"] or change["member_update"] or "data" in change["agreed"]
    return CORRECTIONS in change["agreed"] and not else_


def apply_corrections(run: Run, changes: Sequence[Change]) -> tuple[dict[int, RefusedError], list[NewEntry]]:
    """Write corrections to CiviCRM; return what it refused, by the change's id, and the journal entries.

    Each value is read before it is written, so that repeating it after a crash changes nothing; the journal gets what
    the plan says, even if a response was lost.
    """
    wanted = [(change, one) for change in changes for one in corrections_of(change)]
    if not wanted:
        return {}, []
    refused: dict[int, RefusedError] = {}
    for what, write in ((What.ADDRESS, add_bulk_addresses), (What.ON_HOLD, hold_addresses)):
        mine = [change for change, one in wanted if one.what is what]
        refused |= _write_addresses(run.civicrm, mine, write)
    refused |= _write_names(run.civicrm, [(change, one) for change, one in wanted if one.what in MERGE_FIELDS])
    done = [(about_change(run, change), one) for change, one in wanted if change["id"] not in refused]
    return refused, [run.entry(about, one.effect, one.reason) for about, one in done]


_Write = Callable[[CivicrmClient, Sequence[ContactEmail]], dict[ContactEmail, bool | RefusedError]]


def _write_addresses(client: CivicrmClient, changes: Sequence[Change], write: _Write) -> dict[int, RefusedError]:
    wanted = {one["id"]: ContactEmail(one["civicrm_contact_id"], one["mailchimp_email"]) for one in changes}
    outcome = write(client, list(dict.fromkeys(wanted.values()))) if wanted else {}
    return {key: error for key, one in wanted.items() if isinstance(error := outcome[one], RefusedError)}


def _write_names(client: CivicrmClient, wanted: Sequence[tuple[Change, Correction]]) -> dict[int, RefusedError]:
    parts: dict[int, dict[str, str]] = defaultdict(dict)
    owners: dict[int, int] = {}
    for change, one in wanted:
        parts[change["id"]][one.what] = one.new
        owners[change["id"]] = change["civicrm_contact_id"]
    names = {
        key: Name(owners[key], some.get("first_name", ""), some.get("last_name", "")) for key, some in parts.items()
    }
    refused = set_names(client, list(dict.fromkeys(names.values()))) if names else {}
    return {key: refused[name] for key, name in names.items() if name in refused}


def about_change(run: Run, change: Change) -> About:
    """Return whom a planned change of a run is about."""
    return About(change["cache_id"], change["civicrm_contact_id"], change["mailchimp_member_id"], run.id)
