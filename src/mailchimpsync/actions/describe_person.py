"""Where a person stands, and what happened to them, in sentences for whoever looks after the lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.explained import explained
from mailchimpsync.actions.find_person import Person
from mailchimpsync.actions.said import say
from mailchimpsync.config import Link
from mailchimpsync.errors import Who
from mailchimpsync.model import GroupState, GroupStatus, MemberStatus, SyncStatus
from mailchimpsync.store import Transaction, groups

Row = Mapping[str, Any]

_AT_MAILCHIMP = {
    MemberStatus.SUBSCRIBED: say("is subscribed"),
    MemberStatus.PENDING: say("was asked to confirm, and has not yet"),
    MemberStatus.UNSUBSCRIBED: say("has unsubscribed, or was unsubscribed"),
    MemberStatus.CLEANED: say("is cleaned: mail came back"),
    MemberStatus.ARCHIVED: say("is archived"),
    MemberStatus.TRANSACTIONAL: say("gets transactional mail only, and never subscribed"),
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
_WORK = {
    SyncStatus.TODO: say("Something has changed since; the next sync decides about it."),
    SyncStatus.LIVE: say("An update is on its way to Mailchimp."),
    SyncStatus.REDO: say("Mailchimp refused an update; it is being tried in another way."),
    SyncStatus.OK: say("Nothing is outstanding."),
    SyncStatus.FAIL: say("This person cannot be synced."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands in one connection; `sentences` is all of it, in the order in which people ask.

    Without a `row_id` the connection knows nothing of them.
    """

    title: str
    list_id: str
    row_id: int | None
    contact_id: int | None
    address: str | None
    on_list: bool
    mailchimp_status: str | None
    group_status: str | None
    sync_status: str | None
    reason: str | None
    sentences: tuple[str, ...]


def standing_of(tx: Transaction, link: Link, person: Person) -> Sequence[Standing]:
    """Return where a person stands in a connection: once for every member or contact they are there."""
    mine = [row for row in person.rows if row["mailchimp_list_id"] == link.audience_id]
    contacts = [row["civicrm_contact_id"] for row in mine if row["civicrm_contact_id"] is not None]
    states = groups.states_of(tx, link.audience_id, contacts)
    return [_standing(link, row, states.get(row["civicrm_contact_id"], {})) for row in mine] or [_nowhere(link)]


def _nowhere(link: Link) -> Standing:
    sentence = say("Not on the list: as far as the last sync saw, they are neither in the audience nor in the group.")
    return Standing(link.title, link.audience_id, None, None, None, False, None, None, None, None, (sentence,))


def _standing(link: Link, row: Row, states: Mapping[int, GroupState]) -> Standing:
    state = states.get(link.group_id, GroupState())
    return Standing(
        title=link.title,
        list_id=link.audience_id,
        row_id=row["id"],
        contact_id=row["civicrm_contact_id"],
        address=row["mailchimp_email"],
        on_list=row["mailchimp_status"] == MemberStatus.SUBSCRIBED,
        mailchimp_status=row["mailchimp_status"],
        group_status=state.status.value if state.status else None,
        sync_status=row["sync_status"],
        reason=row["reason"],
        sentences=tuple(_sentences(link, row, states)),
    )


def _sentences(link: Link, row: Row, states: Mapping[int, GroupState]) -> Iterator[str]:
    yield from _why(row)
    yield _at_mailchimp(row)
    yield _in_civicrm(link, row, states.get(link.group_id, GroupState()))
    for interest, group in link.interests.items():
        state = states.get(group, GroupState())
        if state.is_added or (row["mailchimp_interests"] or {}).get(interest):
            yield _interest(row, interest, group, state)
    yield _agreed(row)


def _why(row: Row) -> Iterator[str]:
    is_on_list = row["mailchimp_status"] == MemberStatus.SUBSCRIBED
    status = SyncStatus(row["sync_status"]) if row["sync_status"] in set(SyncStatus) else None
    entry = explained(row["reason"]) if row["reason"] else None
    why = say(entry.sentence) if entry else say("no sync has decided about them yet.")
    yield say("On the list: %(why)s", why=why) if is_on_list else say("Not on the list: %(why)s", why=why)
    if entry is not None and status is SyncStatus.FAIL:
        said = row["reason_detail"]
        detail = say(" The other system says: %(said)s", said=said) if said else ""
        whose = say(" (%(who)s)", who=say(entry.who.value)) if entry.who is not Who.NOBODY else ""
        yield say(
            "This person cannot be synced.%(detail)s What to do%(whose)s: %(remedy)s",
            detail=detail,
            whose=whose,
            remedy=say(entry.remedy),
        )
    elif status is not None:
        yield _WORK[status]


def _at_mailchimp(row: Row) -> str:
    if row["mailchimp_status"] is None:
        return say("At Mailchimp: not there.")
    status, address = row["mailchimp_status"], row["mailchimp_email"]
    known = _AT_MAILCHIMP.get(status) or say("has the status %(status)s", status=status)
    since = _since(row["mailchimp_status_date"])
    return say("At Mailchimp: %(address)s %(known)s%(since)s.", address=address, known=known, since=since)


def _in_civicrm(link: Link, row: Row, state: GroupState) -> str:
    if row["civicrm_contact_id"] is None:
        gone = row["departed_contact_id"]
        if gone:
            return say("In CiviCRM: contact %(contact)s was deleted, and nobody else has the address.", contact=gone)
        return say("In CiviCRM: nobody has the address.")
    name = say("“%(title)s”", title=link.group_title) if link.group_title else link.group_id
    return say(_IN_GROUP[state.status], contact=row["civicrm_contact_id"], group=name, since=_since(state.date))


def _interest(row: Row, interest: str, group: int, state: GroupState) -> str:
    is_ticked = (row["mailchimp_interests"] or {}).get(interest)
    ticked = say("ticked at Mailchimp") if is_ticked else say("not ticked at Mailchimp")
    return say(_IN_ITS_GROUP[state.status], interest=interest, ticked=ticked, group=group)


def _agreed(row: Row) -> str:
    if row["base_subscribed"] is None:
        return say("Both sides have never agreed yet; where they differ, the later change counts.")
    if row["base_subscribed"]:
        return say("Both sides last agreed: subscribed.")
    return say("Both sides last agreed: not subscribed.")


def _since(time: datetime | None) -> str:
    return say(" (since %(time)s)", time=at(time)) if time else ""


def at(time: datetime) -> str:
    """Return a time as sentences have it."""
    return f"{time:%Y-%m-%d %H:%M} UTC"
