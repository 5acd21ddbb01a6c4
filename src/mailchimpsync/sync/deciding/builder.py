"""The one place where a row's facts become a situation, as the rules in `decide/` need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mailchimpsync.decide import Contact, Gone, Member, NewAddress, Nobody, Others, Refusal, Situation
from mailchimpsync.decide.situation import NO_OTHERS, NOT_IN_GROUP, Owner
from mailchimpsync.errors import Code
from mailchimpsync.model import Base, Connection, Departure, GroupState, GroupStatus, MadeBy

Groups = Mapping[int, GroupState]
"""A contact's states, by group id."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row itself says: enough to recognise that both sides agree.

    Attributes:
        status: the member's status; None: not at Mailchimp.
        interests: the linked interests' values at Mailchimp, by interest id.
        has_contact: whether a contact owns the row.
        lost_contact: whether a contact that owned it is gone or was merged.
        departures: the contact's departures, or how it went.
        departed: whether we removed the member for a departure.
        base: what both sides last agreed on.
    """

    status: str | None
    interests: Mapping[str, bool]
    has_contact: bool
    lost_contact: bool
    departures: frozenset[Departure]
    departed: bool
    base: Base


@dataclass(frozen=True, slots=True)
class MoreFacts:
    """What only matters where the sides may differ, and is only read for such rows; the default is nothing.

    Attributes:
        since, made_by, changed_at, address, handed_over: see `decide.Member`.
        inherited: departures of contacts that were merged into the row's contact.
        merged, others, new_address: see `decide.Contact`.
        best_address, first_name, last_name, obstacle: the same of a contact that may be newly subscribed.
        refusal, blocked: see `decide.Situation`.
    """

    since: datetime | None = None
    made_by: MadeBy | None = None
    changed_at: datetime | None = None
    address: str | None = None
    handed_over: bool = False
    inherited: frozenset[Departure] = frozenset()
    merged: bool = False
    others: Others = NO_OTHERS
    new_address: NewAddress | None = None
    best_address: str | None = None
    first_name: str = ""
    last_name: str = ""
    obstacle: Code | None = None
    refusal: Refusal | None = None
    blocked: Code | None = None


NOTHING_MORE = MoreFacts()


def build_situation(row: RowFacts, groups: Groups, connection: Connection, more: MoreFacts = NOTHING_MORE) -> Situation:
    """Return the situation of a row whose contact has these states in the connection's groups."""
    return Situation(
        _member(row, more),
        _owner(row, groups, connection, more),
        _base(row, groups.get(connection.group_id, NOT_IN_GROUP)),
        more.refusal,
        more.blocked,
    )


def _member(row: RowFacts, more: MoreFacts) -> Member | None:
    if row.status is None:
        return None
    return Member(
        row.status,
        since=more.since,
        made_by=more.made_by,
        changed_at=more.changed_at,
        address=more.address,
        interests=row.interests,
        departed=row.departed,
        handed_over=more.handed_over,
    )


def _owner(row: RowFacts, groups: Groups, connection: Connection, more: MoreFacts) -> Owner:
    departures = row.departures | more.inherited
    if not row.has_contact:
        return Gone(departures) if row.lost_contact else Nobody(departures)
    return Contact(
        group=groups.get(connection.group_id, NOT_IN_GROUP),
        interest_groups={key: groups[linked] for key, linked in connection.interests.items() if linked in groups},
        departures=departures,
        merged=more.merged,
        others=more.others,
        new_address=more.new_address,
        address=more.best_address,
        first_name=more.first_name,
        last_name=more.last_name,
        obstacle=more.obstacle,
    )


def _base(row: RowFacts, group: GroupState) -> Base:
    """Return what was agreed.

    If the contact was merged since, the base doesn't count against a removal of the remaining contact that we made
    ourselves (it has no date): that removal only repeats what another of its members did.
    """
    was_merged = row.lost_contact and row.has_contact
    repeats_us = group.status is GroupStatus.REMOVED and group.date is None
    return Base(None, row.base.interests) if was_merged and repeats_us else row.base
