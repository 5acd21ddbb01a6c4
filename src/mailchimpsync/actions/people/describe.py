"""A person's status in a connection, and what happened to them, in sentences for list administrators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailchimpsync.actions.people.find import Person
from mailchimpsync.actions.people.headline import Event, PersonState, Position, opening_sentences, since
from mailchimpsync.actions.people.journal_sentences import entry_sentence
from mailchimpsync.actions.texts.names import Names, with_names
from mailchimpsync.addresses import normalise_address
from mailchimpsync.config import Link
from mailchimpsync.effects import What
from mailchimpsync.errors import Code
from mailchimpsync.messages import say
from mailchimpsync.model import Departure, GroupState, GroupStatus, MemberStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import groups
from mailchimpsync.store.journal import journal as store_journal
from mailchimpsync.store.journal.journal import Entry
from mailchimpsync.store.queries.persons import PersonRow

_AT_MAILCHIMP = {
    MemberStatus.SUBSCRIBED: say("is subscribed"),
    MemberStatus.PENDING: say("was asked to confirm and hasn't yet"),
    MemberStatus.UNSUBSCRIBED: say("has unsubscribed or was unsubscribed"),
    MemberStatus.CLEANED: say("is cleaned: e-mail to it bounced"),
    MemberStatus.ARCHIVED: say("is archived"),
    MemberStatus.TRANSACTIONAL: say("gets transactional e-mail only and never subscribed"),
}
_IN_GROUP = {
    GroupStatus.ADDED: say("In CiviCRM: contact %(contact)s is in the group %(group)s%(since)s."),
    GroupStatus.REMOVED: say("In CiviCRM: contact %(contact)s was removed from the group %(group)s%(since)s."),
    GroupStatus.PENDING: say("In CiviCRM: contact %(contact)s is pending in the group %(group)s%(since)s."),
    GroupStatus.DELETED: say("In CiviCRM: contact %(contact)s was deleted from the group %(group)s%(since)s."),
    None: say("In CiviCRM: contact %(contact)s was never in the group %(group)s%(since)s."),
}
_IN_ITS_GROUP = {
    GroupStatus.ADDED: say("Interest %(interest)s: %(ticked)s; the contact is in its group %(group)s."),
    GroupStatus.REMOVED: say("Interest %(interest)s: %(ticked)s; the contact was removed from its group %(group)s."),
    GroupStatus.PENDING: say("Interest %(interest)s: %(ticked)s; the contact is pending in its group %(group)s."),
    GroupStatus.DELETED: say("Interest %(interest)s: %(ticked)s; the contact was deleted from its group %(group)s."),
    None: say("Interest %(interest)s: %(ticked)s; the contact was never in its group %(group)s."),
}


@dataclass(frozen=True, slots=True)
class PersonStatus:
    """A person's status in one connection; `sentences` says all of it, in the order in which people ask.

    Without a `row_id`, nothing is known about the person in this connection.
    """

    title: str
    list_id: str
    name: str
    row_id: int | None
    contact_id: int | None
    address: str | None
    on_list: bool
    mailchimp_status: str | None
    group_status: str | None
    sync_status: str | None
    reason: str | None
    sentences: tuple[str, ...]


def person_statuses(tx: Transaction, link: Link, person: Person, names: Names) -> Sequence[PersonStatus]:
    """Return a person's status in a connection: one for each of their members or contacts there."""
    own = [row for row in person.rows if row.mailchimp_list_id == link.audience_id]
    contacts = [row.civicrm_contact_id for row in own if row.civicrm_contact_id is not None]
    states = groups.group_states(tx, link.audience_id, contacts)
    return [_status(_facts(tx, link, row, states, names), link, row, names) for row in own] or [
        _status_without_row(link, person)
    ]


def _status_without_row(link: Link, person: Person) -> PersonStatus:
    sentence = say("Not on the list: at the last sync they were neither in the audience nor in the group.")
    if person.is_erased:
        sentence = say("Their earlier status is no longer kept, and no sync subscribes this address again.")
    return PersonStatus(link.title, link.audience_id, "", None, None, None, False, None, None, None, None, (sentence,))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What both sides, the last decision and the journal say about a row."""

    states: Mapping[int, GroupState]
    situation: PersonState


def _facts(
    tx: Transaction, link: Link, row: PersonRow, by_contact: Mapping[int, Mapping[int, GroupState]], names: Names
) -> _Facts:
    states = by_contact.get(row.civicrm_contact_id, {}) if row.civicrm_contact_id is not None else {}
    fields = (What.STATUS, What.GROUP.field(link.group_id), What.REFUSED)
    newest = store_journal.newest_for_row(tx, link.audience_id, row.id, fields)
    moved = store_journal.newest_for_row(tx, link.audience_id, row.id, (What.STATUS,))
    situation = PersonState(
        mailchimp_status=row.mailchimp_status,
        since=_since_when(row, moved),
        group=states.get(link.group_id, GroupState()),
        has_contact=row.civicrm_contact_id is not None,
        sync_status=row.sync_status,
        reason=row.reason,
        detail=row.reason_detail,
        event=Event(entry_sentence(newest, link, names), newest.effect, newest.reason) if newest else None,
        resubscribe=link.resubscribe,
    )
    return _Facts(states, situation)


def _since_when(row: PersonRow, moved: Entry | None) -> datetime | None:
    """Return when a member's status began: Mailchimp's date, unless a sync changed the status after that."""
    date = row.mailchimp_status_date
    if moved is None or (date is not None and date > moved.time):
        return date
    return moved.time if moved.new == row.mailchimp_status else None


def _status(facts: _Facts, link: Link, row: PersonRow, names: Names) -> PersonStatus:
    state = facts.situation.group
    return PersonStatus(
        title=link.title,
        list_id=link.audience_id,
        name=row.name,
        row_id=row.id,
        contact_id=row.civicrm_contact_id,
        address=row.mailchimp_email,
        on_list=facts.situation.position is Position.ON,
        mailchimp_status=row.mailchimp_status,
        group_status=state.status.value if state.status else None,
        sync_status=row.sync_status,
        reason=row.reason,
        sentences=tuple(with_names(one, names) for one in _sentences(facts, link, row)),
    )


def _sentences(facts: _Facts, link: Link, row: PersonRow) -> Iterator[str]:
    yield from opening_sentences(facts.situation)
    yield _at_mailchimp(facts.situation, row.mailchimp_email)
    yield _in_civicrm(link, row, facts.situation.group)
    yield from _other_address(facts.situation, row)
    for interest, group in link.interests.items():
        state = facts.states.get(group, GroupState())
        if state.is_added or (row.mailchimp_interests or {}).get(interest):
            yield _interest(row, interest, group, state) if _is_visible(row) else _ticked(interest)
    yield _agreed(row)


def _is_visible(row: PersonRow) -> bool:
    """Say whether there is a contact that CiviCRM shows; without one, nothing can be said about its groups."""
    return row.civicrm_contact_id is not None and row.contact_problem is None


def _at_mailchimp(known: PersonState, address: str | None) -> str:
    status = known.mailchimp_status
    if status is None and known.code is Code.CV_SHARED_ADDRESS:
        return say("At Mailchimp: the member with this address belongs to another contact.")
    if status is None:
        return say("At Mailchimp: not a member.")
    words = (
        _AT_MAILCHIMP[MemberStatus(status)]
        if status in _AT_MAILCHIMP
        else say("has the status %(status)s", status=status)
    )
    return say("At Mailchimp: %(address)s %(known)s%(since)s.", address=address, known=words, since=since(known.since))


def _in_civicrm(link: Link, row: PersonRow, state: GroupState) -> str:
    if row.civicrm_contact_id is None:
        return _no_contact(row)
    if row.contact_problem is not None:
        return _hidden_contact(row)
    name = say("“%(title)s”", title=link.group_title) if link.group_title else link.group_id
    return say(_IN_GROUP[state.status], contact=row.civicrm_contact_id, group=name, since=since(state.date))


def _no_contact(row: PersonRow) -> str:
    gone = row.departed_contact_id
    if not gone:
        return say("In CiviCRM: no contact has this address.")
    if row.marks == Departure.TRASHED:
        return say(
            "In CiviCRM: contact %(contact)s is in the trash, and no other contact has this address.", contact=gone
        )
    return say("In CiviCRM: contact %(contact)s was deleted, and no other contact has this address.", contact=gone)


def _hidden_contact(row: PersonRow) -> str:
    contact = row.civicrm_contact_id
    if row.contact_problem == Code.CV_NOT_VISIBLE:
        return say(
            "In CiviCRM: the API key's user isn't allowed to see contact %(contact)s, so "
            "it isn't known whether the contact still exists and is in the group.",
            contact=contact,
        )
    return say("In CiviCRM: contact %(contact)s can't be read completely.", contact=contact)


def _ticked(interest: str) -> str:
    return say("Interest %(interest)s: ticked at Mailchimp.", interest=interest)


def _other_address(known: PersonState, row: PersonRow) -> Iterator[str]:
    """Say if e-mail goes to an address that isn't the contact's own, as after a merge that kept the other one."""
    mailed, own = row.mailchimp_email, row.civicrm_address
    if known.position is Position.OFF or not own or normalise_address(own) == normalise_address(mailed or ""):
        return
    if row.new_address is not None or not _is_visible(row):
        return  # the new address is on its way to Mailchimp, or the contact may have changed
    yield say(
        "In CiviCRM: at the last sync, the contact's address was %(own)s. E-mail goes to %(mailed)s instead.",
        own=own,
        mailed=mailed,
    )
    merged = row.departed_contact_id
    if merged is not None and merged != row.civicrm_contact_id:
        yield say(
            "Earlier they were contact %(merged)s, which is now contact %(contact)s. To "
            "send e-mail to the other address, change the member's address at Mailchimp.",
            merged=merged,
            contact=row.civicrm_contact_id,
        )


def _interest(row: PersonRow, interest: str, group: int, state: GroupState) -> str:
    is_ticked = (row.mailchimp_interests or {}).get(interest)
    ticked = say("ticked at Mailchimp") if is_ticked else say("not ticked at Mailchimp")
    return say(_IN_ITS_GROUP[state.status], interest=interest, ticked=ticked, group=group)


def _agreed(row: PersonRow) -> str:
    if row.base_subscribed is None:
        return say("Both sides have never agreed so far. Where they differ, the later change counts.")
    if row.base_subscribed and row.mailchimp_status == MemberStatus.PENDING:
        return say("Both sides last agreed: subscribed as soon as they confirm.")
    if row.base_subscribed:
        return say("Both sides last agreed: subscribed.")
    return say("Both sides last agreed: not subscribed.")
