"""From due rows to situations: everything the rules need to know, read in few large queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from mailchimpsync.addresses import member_id_of, normalise_address, sendable
from mailchimpsync.civicrm import Person, persons
from mailchimpsync.decide import Address, Refusal, Situation, best_address, has_left, obstacle_to_subscribing
from mailchimpsync.decide.member_facts import facts_of
from mailchimpsync.errors import REGISTRY, Code, Retry
from mailchimpsync.model import (
    SUBSCRIBED_STATUSES,
    Base,
    Connection,
    Departure,
    GroupState,
    GroupStatus,
    MadeBy,
    MemberStatus,
)
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import groups, rows
from mailchimpsync.store.site.tombstones import IDENTITY_PREFIX
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.contact_flags import flags_from, flags_inherited_by
from mailchimpsync.sync.reading.contact_problems import record_unreadable_rows

TRY_AGAIN_AFTER = timedelta(days=3)
"""When a temporary refusal is retried (docs/reference/mailchimp-behaviour.md#refusals-of-a-member)."""

_OBSTACLES = {
    Departure.DECEASED: Code.CV_DECEASED,
    Departure.OPT_OUT: Code.CV_OPTED_OUT,
    Departure.DO_NOT_EMAIL: Code.CV_DO_NOT_EMAIL,
}
_NOT_IN_GROUP = GroupState()
_SUBSCRIBED_OR_ABSENT = (None, MemberStatus.SUBSCRIBED)
_NO_PERSON = Person("", "", do_not_email=False, is_opt_out=False, is_deceased=False, is_deleted=False, emails=())
Row = RowMapping
States = Mapping[int, Mapping[int, GroupState]]


@dataclass(slots=True)
class OtherRows:
    """What the other rows of the same contact mean for a row.

    Attributes:
        subscribed_unmerged: another row is subscribed that didn't come with a merged contact.
        not_subscribed: the statuses of those at Mailchimp that aren't subscribed, and weren't removed by us.
        addresses: those at Mailchimp, by row id; `subscribed_addresses`: the subscribed ones.
    """

    subscribed: bool = False
    subscribed_unmerged: bool = False
    left: bool = False
    interests: set[str] = field(default_factory=set)
    not_subscribed: set[str] = field(default_factory=set)
    addresses: dict[int, str] = field(default_factory=dict)
    subscribed_addresses: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Situations:
    """Due rows with their situations, the identities claimed for new members, and details, by row id."""

    rows: Sequence[Row]
    situations: Sequence[Situation]
    claims: Mapping[int, str]
    details: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was read about due rows, besides the rows.

    Attributes:
        states: group states, by contact id and group id.
        others: the contact's other rows, by row id.
        people: the contacts of rows that may be subscribed, by row id.
        shared: rows of new members whose address another row has.
        taken: rows whose new address another row has, each with a sentence that names both.
        erased: rows about erased addresses.
        unreadable: contacts with unreadable records.
    """

    states: States
    others: Mapping[int, OtherRows]
    people: Mapping[int, Person]
    shared: Collection[int]
    taken: Mapping[int, str]
    erased: Collection[int]
    unreadable: Collection[int]
    now: datetime


def gather_situations(run: Run, due: Sequence[Row]) -> Situations:
    """Return the situations of due rows, in order; asks CiviCRM only about rows that may be subscribed."""
    with run.transaction() as tx:
        contacts = sorted({row["civicrm_contact_id"] for row in due if row["civicrm_contact_id"] is not None})
        states = groups.group_states(tx, run.list_id, contacts)
        others = _other_rows(tx, run.connection, due, contacts, states)
    candidates = [row for row in due if _may_be_subscribed(row, states, run.connection)]
    contact_ids = [row["civicrm_contact_id"] for row in candidates]
    found = persons(run.civicrm, contact_ids, run.odd_rows) if candidates else {}
    unreadable = _unreadable_contacts(run, contact_ids)
    people = {row["id"]: found.get(row["civicrm_contact_id"], _NO_PERSON) for row in candidates}
    with run.transaction() as tx:
        claims, shared = _claim_addresses(tx, run.list_id, candidates, people)
    erased = {row["id"] for row in due if _is_erased(run, row, people.get(row["id"]))}
    taken = _taken_addresses(run, due)
    facts = _Facts(states, others, people, shared, taken, erased, unreadable, run.runtime.now())
    situations = [_situation(run, row, facts) for row in due]
    return Situations(due, situations, {key: claim for key, claim in claims.items() if key not in erased}, taken)


def _unreadable_contacts(run: Run, contact_ids: Sequence[int]) -> frozenset[int]:
    """Return which of the contacts just read have unreadable records; all, if that isn't certain."""
    unread = record_unreadable_rows(run)
    return unread.contacts if unread.complete else frozenset(contact_ids)


def _taken_addresses(run: Run, due: Sequence[Row]) -> dict[int, str]:
    """Return the rows whose new address another row has, each with a sentence that names both."""
    wanted = {row["id"]: f"m:{member_id_of(row['new_address'])}" for row in due if row["new_address"] is not None}
    if not wanted:
        return {}
    claimed: dict[str, int] = {}
    for row_id, identity in sorted(wanted.items()):
        claimed.setdefault(identity, row_id)
    with run.transaction() as tx:
        owners = {**claimed, **rows.owners_of_identities(tx, run.list_id, sorted(set(wanted.values())))}
        holders = rows.rows_by_id(tx, sorted(set(owners.values())))
    of = {row["id"]: row for row in due}
    return {
        row_id: _holder_sentence(of[row_id], holder)
        for row_id, identity in wanted.items()
        if owners[identity] != row_id
        and (holder := holders.get(owners[identity])) is not None
        and not _is_same_contact(of[row_id], holder)
    }


def _holder_sentence(row: Row, holder: Row) -> str:
    wanting, having = row["civicrm_contact_id"], holder["civicrm_contact_id"]
    return f"Contact {wanting} wants the address that contact {having or 'nobody'} has."


def _is_same_contact(row: Row, holder: Row) -> bool:
    """Return whether the new address belongs to the contact's other member, and this one can't be renamed anyway."""
    is_same: bool = row["civicrm_contact_id"] == holder["civicrm_contact_id"]
    return is_same and row["mailchimp_status"] != MemberStatus.SUBSCRIBED


def _is_erased(run: Run, row: Row, person: Person | None) -> bool:
    """Return whether a row is about an erased address; its contact isn't subscribed with another address either."""
    if not run.erased.digests:
        return False
    addresses = [email.email for email in person.emails] if person is not None else []
    return row["identity"].startswith(IDENTITY_PREFIX) or run.erased.any_of([row["mailchimp_email"] or "", *addresses])


def _may_be_subscribed(row: Row, states: States, connection: Connection) -> bool:
    state = states.get(row["civicrm_contact_id"], {}).get(connection.group_id, _NOT_IN_GROUP)
    return state.is_added and row["mailchimp_status"] not in SUBSCRIBED_STATUSES


def _other_rows(
    tx: Transaction, connection: Connection, due: Sequence[Row], contacts: Sequence[int], states: States
) -> dict[int, OtherRows]:
    of_contact: dict[int, list[Any]] = defaultdict(list)
    for other in rows.siblings(tx, connection.list_id, contacts):
        of_contact[other.civicrm_contact_id].append(other)
    found: dict[int, OtherRows] = {}
    for row in due:
        others = [other for other in of_contact.get(row["civicrm_contact_id"], ()) if other.id != row["id"]]
        if others:
            group = states.get(row["civicrm_contact_id"], {}).get(connection.group_id, _NOT_IN_GROUP)
            found[row["id"]] = _summarise(others, group)
    return found


def _summarise(others: Sequence[Any], group: GroupState) -> OtherRows:
    summary = OtherRows()
    for other in others:
        date, base = other.mailchimp_status_date, other.base_subscribed
        made_by = MadeBy(other.mailchimp_status_by) if other.mailchimp_status_by else None
        left = has_left(other.mailchimp_status, date, base=base, group=group, made_by=made_by)
        summary.left |= left and other.departure is None
        by_us = other.departure is not None or made_by is not None
        if other.mailchimp_status in SUBSCRIBED_STATUSES:
            summary.subscribed = True
            summary.subscribed_unmerged |= other.departed_contact_id is None
            summary.interests.update(key for key, value in (other.mailchimp_interests or {}).items() if value)
            summary.subscribed_addresses.add(normalise_address(other.mailchimp_email or ""))
        is_asked = other.mailchimp_status == MemberStatus.PENDING and other.departure is None
        if is_asked or (other.mailchimp_status not in _SUBSCRIBED_OR_ABSENT and not by_us):
            summary.not_subscribed.add(other.mailchimp_status)
        if other.mailchimp_email:
            summary.addresses[other.id] = normalise_address(other.mailchimp_email)
    return summary


def _claim_addresses(
    tx: Transaction, list_id: str, candidates: Sequence[Row], people: Mapping[int, Person]
) -> tuple[dict[int, str], set[int]]:
    """Let rows of new members claim their address's identity: one row per address, the lowest row id first.

    Rows that may not be subscribed claim nothing. Returns the claims, and the rows whose address another row has.
    """
    free = [
        row for row in candidates if row["mailchimp_status"] is None and obstacle_of(row, people[row["id"]]) is None
    ]
    addresses = {row["id"]: _new_address(people[row["id"]]) for row in free}
    wanted = {row_id: f"m:{member_id_of(address)}" for row_id, address in addresses.items() if address is not None}
    owners = rows.owners_of_identities(tx, list_id, sorted(set(wanted.values()))) if wanted else {}
    in_order = sorted(wanted.items())
    claims = {row_id: identity for row_id, identity in in_order if owners.setdefault(identity, row_id) == row_id}
    for row_id in _rows_held_by_another(tx, list_id, candidates, addresses):
        claims.pop(row_id, None)
    return claims, set(wanted) - set(claims)


def _rows_held_by_another(
    tx: Transaction, list_id: str, candidates: Sequence[Row], addresses: Mapping[int, str | None]
) -> list[int]:
    """Return the rows refused as duplicates whose address a member with another id has, as very old members do."""
    refused = {
        row["id"]: normalise_address(address)
        for row in candidates
        if (row["refusal"] or {}).get("code") == Code.MC_DUPLICATE and (address := addresses.get(row["id"]))
    }
    holders = rows.holders_of_addresses(tx, list_id, sorted(set(refused.values()))) if refused else {}
    return [row_id for row_id, address in refused.items() if holders.get(address, row_id) != row_id]


def _new_address(person: Person) -> str | None:
    best = best_address(_addresses(person))
    return sendable(best.email) if best else None


def _addresses(person: Person) -> list[Address]:
    return [Address(email.email, email.on_hold, email.is_bulkmail, email.is_primary) for email in person.emails]


def _situation(run: Run, row: Row, facts: _Facts) -> Situation:
    states = facts.states.get(row["civicrm_contact_id"], {})
    group = states.get(run.connection.group_id, _NOT_IN_GROUP)
    person, others = facts.people.get(row["id"]), facts.others.get(row["id"], OtherRows())
    is_new = row["mailchimp_status"] is None
    has_contact, has_departed = row["civicrm_contact_id"] is not None, row["departed_contact_id"] is not None
    obstacle = obstacle_of(row, person, address_taken=row["id"] in facts.shared)
    return Situation(
        mailchimp_status=row["mailchimp_status"],
        mailchimp_status_date=row["mailchimp_status_date"],
        made_by=facts_of(row).made_by,
        mailchimp_date=row["mailchimp_updated"],
        interests=row["mailchimp_interests"] or {},
        has_contact=has_contact,
        contact_gone=has_departed and not has_contact,
        marks=flags_from(row["marks"]) | flags_inherited_by(row, group),
        merged=has_departed and others.subscribed_unmerged,
        handed_over=row["handed_from"] is not None,
        departed=row["departure"] is not None,
        group=group,
        interest_groups={key: states[linked] for key, linked in run.connection.interests.items() if linked in states},
        base=_base(row, group),
        address=_new_address(person) if person is not None and is_new else row["mailchimp_email"],
        first_name=person.first_name if person else "",
        last_name=person.last_name if person else "",
        obstacle=obstacle or _inherited_obstacle(row, group),
        other_subscribed=others.subscribed,
        other_left=others.left,
        other_preferred=_other_preferred(row, others, person),
        other_interests=frozenset(others.interests),
        new_address=None if run.erased.knows(row["new_address"]) else row["new_address"],
        address_taken=row["id"] in facts.taken,
        replaced=normalise_address(row["new_address"] or "") in others.subscribed_addresses,
        replaces=frozenset(others.not_subscribed) if is_new else frozenset(),
        refusal=_refusal(row, facts.now),
        erased=row["id"] in facts.erased,
        unknown=_unknown(row, facts),
    )


def _unknown(row: Row, facts: _Facts) -> Code | None:
    """Return why nothing certain is known of the contact or the member, if so."""
    if row["civicrm_contact_id"] in facts.unreadable:
        return Code.CV_UNREADABLE
    problem = row["member_problem"] or row["contact_problem"]
    return Code(problem) if problem else None


def _base(row: Row, group: GroupState) -> Base:
    """Return what was agreed.

    If the contact was merged since, the base doesn't count against a removal of the remaining contact that we made
    ourselves (it has no date): that removal only repeats what another of its members did.
    """
    merged = row["departed_contact_id"] is not None and row["civicrm_contact_id"] is not None
    repeats_us = group.status is GroupStatus.REMOVED and group.date is None
    return Base(None if merged and repeats_us else row["base_subscribed"], row["base_interests"])


def _inherited_obstacle(row: Row, group: GroupState) -> Code | None:
    inherited = flags_inherited_by(row, group)
    return next((code for mark, code in _OBSTACLES.items() if mark in inherited), None)


def obstacle_of(row: Row | Mapping[str, Any], person: Person | None, *, address_taken: bool = False) -> Code | None:
    """Return why a person may not be newly subscribed; of the row, `mailchimp_status` and `mailchimp_email` count.

    A member is resubscribed with its own address, so that one must not be on hold.
    """
    if person is None:
        return None
    addresses = _addresses(person)
    if row["mailchimp_status"] is not None:
        same = [a for a in addresses if normalise_address(a.email) == normalise_address(row["mailchimp_email"])]
        # A contact with no address at all has given this one up or lost it: their consent doesn't cover mailing it.
        addresses = same or ([Address(row["mailchimp_email"])] if addresses else [])
    obstacle = obstacle_to_subscribing(
        addresses, do_not_email=person.do_not_email, is_opt_out=person.is_opt_out, is_deceased=person.is_deceased
    )
    if obstacle is None and address_taken:
        return Code.CV_SHARED_ADDRESS
    return obstacle


def _other_preferred(row: Row, others: OtherRows, person: Person | None) -> bool:
    """Return whether another member comes back: the one with the best address, else the oldest row."""
    if person is None or not others.addresses or not row["mailchimp_email"]:
        return False
    best = _new_address(person)
    wanted = normalise_address(best) if best else None
    if normalise_address(row["mailchimp_email"]) == wanted:
        return False
    return wanted in others.addresses.values() or min(others.addresses) < row["id"]


def _refusal(row: Row, now: datetime) -> Refusal | None:
    refusal = row["refusal"]
    if refusal is None:
        return None
    code = Code(refusal["code"])
    if "times" in refusal:
        is_put_off = "again" in refusal and now < datetime.fromisoformat(refusal["again"])
        return Refusal(code, refusal["update"], is_put_off=True) if is_put_off else None
    over = now - datetime.fromisoformat(refusal["at"]) > TRY_AGAIN_AFTER
    if REGISTRY[code].retry is Retry.LATER and over:
        return None
    return Refusal(code, refusal["update"])
