"""Where a person stands, and what happened to them, in sentences for whoever looks after the lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.explained import explained
from mailchimpsync.actions.find_person import Person
from mailchimpsync.config import Link
from mailchimpsync.errors import Who
from mailchimpsync.model import GroupState, GroupStatus, MemberStatus, SyncStatus
from mailchimpsync.store import Transaction, groups

Row = Mapping[str, Any]

_AT_MAILCHIMP = {
    MemberStatus.SUBSCRIBED: "is subscribed",
    MemberStatus.PENDING: "was asked to confirm, and has not yet",
    MemberStatus.UNSUBSCRIBED: "has unsubscribed, or was unsubscribed",
    MemberStatus.CLEANED: "is cleaned: mail came back",
    MemberStatus.ARCHIVED: "is archived",
    MemberStatus.TRANSACTIONAL: "gets transactional mail only, and never subscribed",
}
_IN_GROUP = {
    GroupStatus.ADDED: "is in",
    GroupStatus.REMOVED: "was removed from",
    GroupStatus.PENDING: "is pending in",
    GroupStatus.DELETED: "was deleted from",
}
_WORK = {
    SyncStatus.TODO: "Something has changed since; the next sync decides about it.",
    SyncStatus.LIVE: "An update is on its way to Mailchimp.",
    SyncStatus.REDO: "Mailchimp refused an update; it is being tried in another way.",
    SyncStatus.OK: "Nothing is outstanding.",
    SyncStatus.FAIL: "This person cannot be synced.",
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
    sentence = "Not on the list: as far as the last sync saw, they are neither in the audience nor in the group."
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
    on_list = "On the list" if row["mailchimp_status"] == MemberStatus.SUBSCRIBED else "Not on the list"
    status = SyncStatus(row["sync_status"]) if row["sync_status"] in set(SyncStatus) else None
    entry = explained(row["reason"]) if row["reason"] else None
    yield f"{on_list}: {entry.sentence}" if entry else f"{on_list}: no sync has decided about them yet."
    if entry is not None and status is SyncStatus.FAIL:
        detail = f" The other system says: {row['reason_detail']}" if row["reason_detail"] else ""
        whose = f" ({entry.who.value})" if entry.who is not Who.NOBODY else ""
        yield f"{_WORK[status]}{detail} What to do{whose}: {entry.remedy}"
    elif status is not None:
        yield _WORK[status]


def _at_mailchimp(row: Row) -> str:
    if row["mailchimp_status"] is None:
        return "At Mailchimp: not there."
    known = _AT_MAILCHIMP.get(row["mailchimp_status"], f"has the status {row['mailchimp_status']}")
    since = row["mailchimp_status_date"]
    return f"At Mailchimp: {row['mailchimp_email']} {known}{f' (since {at(since)})' if since else ''}."


def _in_civicrm(link: Link, row: Row, state: GroupState) -> str:
    if row["civicrm_contact_id"] is None:
        gone = row["departed_contact_id"]
        return (
            f"In CiviCRM: contact {gone} was deleted, and nobody else has the address."
            if gone
            else ("In CiviCRM: nobody has the address.")
        )
    place = f"{_IN_GROUP[state.status]} the group" if state.status else "was never in the group"
    date = f" (since {at(state.date)})" if state.date else ""
    name = f"“{link.group_title}”" if link.group_title else link.group_id
    return f"In CiviCRM: contact {row['civicrm_contact_id']} {place} {name}{date}."


def _interest(row: Row, interest: str, group: int, state: GroupState) -> str:
    ticked = "ticked" if (row["mailchimp_interests"] or {}).get(interest) else "not ticked"
    place = _IN_GROUP[state.status] if state.status else "was never in"
    return f"Interest {interest}: {ticked} at Mailchimp; the contact {place} its group {group}."


def _agreed(row: Row) -> str:
    if row["base_subscribed"] is None:
        return "Both sides have never agreed yet; where they differ, the later change counts."
    return f"Both sides last agreed: {'subscribed' if row['base_subscribed'] else 'not subscribed'}."


def at(time: datetime) -> str:
    """Return a time as sentences have it."""
    return f"{time:%Y-%m-%d %H:%M} UTC"
