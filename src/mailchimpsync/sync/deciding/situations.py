"""From due rows to situations: everything the rules need to know, read in few large queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import Person, persons
from mailchimpsync.decide import NewAddress, Refusal, Situation
from mailchimpsync.decide.member_facts import stored_facts
from mailchimpsync.decide.situation import NOT_IN_GROUP, Holder
from mailchimpsync.errors import REGISTRY, Code, Retry
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import SUBSCRIBED_STATUSES, Base, Connection, GroupState
from mailchimpsync.store.cache import groups
from mailchimpsync.store.cache.rows import RowToDecide as Row
from mailchimpsync.store.site.tombstones import IDENTITY_PREFIX
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.deciding.address_claims import Claims, claim_addresses, taken_addresses
from mailchimpsync.sync.deciding.builder import MoreFacts, RowFacts, build_situation
from mailchimpsync.sync.deciding.newcomers import Newcomer, Newcomers, newcomers_by_kind
from mailchimpsync.sync.deciding.obstacles import address_to_subscribe, inherited_obstacle, obstacle_of
from mailchimpsync.sync.deciding.other_rows import OtherRows, States, other_rows
from mailchimpsync.sync.reading.contact_flags import flags_from, flags_inherited_by
from mailchimpsync.sync.reading.contact_problems import record_unreadable_rows

TRY_AGAIN_AFTER = timedelta(days=3)
"""When a temporary refusal is retried (docs/reference/mailchimp-behaviour.md#refusals-of-a-member)."""

_NO_PERSON = Person("", "", do_not_email=False, is_opt_out=False, is_deceased=False, is_deleted=False, emails=())
_ALONE = OtherRows()


@dataclass(frozen=True, slots=True)
class Situations:
    """Due rows with their situations; by row id, the identities claimed for new members, details, and contacts' names.

    Nobody's name is among them whose address was erased. `states`: the contacts' group states. `newcomers` are further
    due rows, which need no situation.
    """

    rows: Sequence[Row]
    situations: Sequence[Situation]
    claims: Mapping[int, str]
    details: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    states: States = field(default_factory=dict)
    newcomers: Sequence[Newcomers] = ()

    @property
    def rows_of_newcomers(self) -> list[Row]:
        """Return the rows of newcomers."""
        return [one.row for kind in self.newcomers for one in kind.people]


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read about due rows, besides the rows.

    Attributes:
        states: group states, by contact id and group id.
        others: the contact's other rows, by row id.
        people: the contacts of rows that may be subscribed, by row id.
        claims: the addresses that rows of new members have claimed, or that another row has.
        taken: rows whose new address another row has, each with a sentence that names both.
        erased: rows about erased addresses.
        unreadable: contacts with unreadable records.
    """

    states: States
    others: Mapping[int, OtherRows]
    people: Mapping[int, Person]
    claims: Claims
    taken: Mapping[int, str]
    erased: Collection[int]
    unreadable: Collection[int]
    now: datetime


def gather_situations(run: Run, due: Sequence[Row], *, one_by_one: Collection[int] | None = None) -> Situations:
    """Return the situations of due rows, in order; asks CiviCRM only about rows that may be subscribed.

    Newcomers are returned by kind, without those who are to be decided `one_by_one`; None: everybody is.
    """
    with run.transaction() as tx:
        contacts = sorted({row.civicrm_contact_id for row in due if row.civicrm_contact_id is not None})
        states = groups.group_states(tx, run.list_id, contacts)
        others = other_rows(tx, run.connection, due, contacts, states)
    candidates = [row for row in due if _may_be_subscribed(row, states, run.connection)]
    contact_ids = [row.civicrm_contact_id for row in candidates if row.civicrm_contact_id is not None]
    known = persons(run.civicrm, contact_ids, run.unreadable) if candidates else {}
    unreadable = _unreadable_contacts(run, contact_ids)
    people = {row.id: known.get(row.civicrm_contact_id or 0, _NO_PERSON) for row in candidates}
    with run.transaction() as tx:
        claims = claim_addresses(tx, run.list_id, candidates, people)
    erased = {row.id for row in due if _is_erased(run, row, people.get(row.id))}
    taken = taken_addresses(run, due)
    found = _Found(states, others, people, claims, taken, erased, unreadable, run.runtime.now())
    newcomers = _newcomers(run, candidates, found, one_by_one) if one_by_one is not None else ()
    apart = {one.row.id for kind in newcomers for one in kind.people}
    rest = [row for row in due if row.id not in apart]
    situations = [_situation(run, row, found) for row in rest]
    claimed = {key: claim for key, claim in claims.identities.items() if key not in erased}
    names = {key: one.name for key, one in people.items() if one.name and key not in erased}
    return Situations(rest, situations, claimed, taken, names, states, newcomers)


def _newcomers(run: Run, candidates: Sequence[Row], found: _Found, one_by_one: Collection[int]) -> Sequence[Newcomers]:
    """Return those who have claimed an address, and of whom nothing else is known."""
    claims, special = found.claims, {*one_by_one, *found.others, *found.erased}
    people = (
        Newcomer(row, claims.identities[row.id], claims.addresses[row.id], found.people[row.id])
        for row in candidates
        if row.id in claims.identities and row.id not in special and row.civicrm_contact_id not in found.unreadable
    )
    return newcomers_by_kind(people, found.states, run.connection)


def _unreadable_contacts(run: Run, contact_ids: Sequence[int]) -> frozenset[int]:
    """Return which of the contacts just read have unreadable records; all, if that isn't certain."""
    unread = record_unreadable_rows(run)
    return unread.contacts if unread.complete else frozenset(contact_ids)


def _is_erased(run: Run, row: Row, person: Person | None) -> bool:
    """Return whether a row is about an erased address; its contact isn't subscribed with another address either."""
    if not run.erased.digests:
        return False
    addresses = [email.email for email in person.emails] if person is not None else []
    return row.identity.startswith(IDENTITY_PREFIX) or run.erased.any_of([row.mailchimp_email or "", *addresses])


def _may_be_subscribed(row: Row, states: States, connection: Connection) -> bool:
    state = states.get(row.civicrm_contact_id or 0, {}).get(connection.group_id, NOT_IN_GROUP)
    return state.is_added and row.mailchimp_status not in SUBSCRIBED_STATUSES


def _situation(run: Run, row: Row, found: _Found) -> Situation:
    states = found.states.get(row.civicrm_contact_id or 0, {})
    more = _more_facts(run, row, found, states.get(run.connection.group_id, NOT_IN_GROUP))
    return build_situation(_row_facts(row), states, run.connection, more)


def _row_facts(row: Row) -> RowFacts:
    return RowFacts(
        status=row.mailchimp_status,
        interests=row.mailchimp_interests or {},
        has_contact=row.civicrm_contact_id is not None,
        lost_contact=row.departed_contact_id is not None,
        departures=flags_from(row.marks),
        departed=row.departure is not None,
        base=Base(row.base_subscribed, row.base_interests),
    )


def _more_facts(run: Run, row: Row, found: _Found, group: GroupState) -> MoreFacts:
    person, others = found.people.get(row.id), found.others.get(row.id, _ALONE)
    inherited = flags_inherited_by(row, group)
    member = stored_facts(row.mailchimp_status, row.mailchimp_status_date, row.mailchimp_status_by)
    obstacle = obstacle_of(
        person, row.mailchimp_status, row.mailchimp_email, address_taken=row.id in found.claims.shared
    )
    return MoreFacts(
        since=member.since,
        made_by=member.made_by,
        changed_at=row.mailchimp_updated,
        address=row.mailchimp_email,
        handed_over=row.handed_from is not None,
        inherited=inherited,
        merged=row.departed_contact_id is not None and others.subscribed_unmerged,
        others=others.seen_from(row, person),
        new_address=_new_address(run, row, others, is_taken=row.id in found.taken),
        best_address=address_to_subscribe(person) if person else None,
        first_name=person.first_name if person else "",
        last_name=person.last_name if person else "",
        obstacle=obstacle or inherited_obstacle(inherited),
        refusal=_refusal(row, found.now),
        blocked=_blocked(row, found),
    )


def _new_address(run: Run, row: Row, others: OtherRows, *, is_taken: bool) -> NewAddress | None:
    """Return the address CiviCRM wants for a member, and who has it."""
    address = row.new_address
    if address is None or run.erased.knows(address):
        return None
    if normalise_address(address) in others.subscribed_addresses:
        return NewAddress(address, Holder.SAME_CONTACT)
    return NewAddress(address, Holder.ANOTHER if is_taken else Holder.NOBODY)


def _blocked(row: Row, found: _Found) -> Code | None:
    """Return why nothing may be done: the address was erased, or the contact or the member isn't known for certain."""
    if row.id in found.erased:
        return Code.ERASED
    if row.civicrm_contact_id in found.unreadable:
        return Code.CV_UNREADABLE
    problem = row.member_problem or row.contact_problem
    return Code(problem) if problem else None


def _refusal(row: Row, now: datetime) -> Refusal | None:
    refusal = row.refusal
    if refusal is None:
        return None
    code, update = Code(refusal["code"]), MemberUpdate.from_body(refusal["update"])
    if "times" in refusal:
        is_put_off = "again" in refusal and now < datetime.fromisoformat(refusal["again"])
        return Refusal(code, update, is_put_off=True) if is_put_off else None
    over = now - datetime.fromisoformat(refusal["at"]) > TRY_AGAIN_AFTER
    if REGISTRY[code].retry is Retry.LATER and over:
        return None
    return Refusal(code, update)
