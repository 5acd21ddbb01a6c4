"""The input of a decision, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailchimpsync.errors import Code
from mailchimpsync.model import Base, Departure, GroupState, GroupStatus, MadeBy, SyncStatus

NO_INTERESTS: Mapping[str, bool] = {}
NO_GROUPS: Mapping[str, GroupState] = {}
NOT_IN_GROUP = GroupState()
NO_BASE = Base()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The update that Mailchimp last refused for this row, and why.

    `is_put_off`: the cause may pass, but after many refusals it is retried less often, and not now.
    """

    code: Code
    update: Mapping[str, Any]
    is_put_off: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything known of one row at the moment of the decision; dates are aware and in UTC.

    Attributes:
        mailchimp_status: the member's status; None: not at Mailchimp. Unknown statuses are kept.
        mailchimp_status_date: since when the member has that status, by Mailchimp's date of the member.
        made_by: who set that status, if it was us; None: someone else, or not known.
        mailchimp_date: Mailchimp's date of the member's last change of any kind.
        interests: the linked interests' values at Mailchimp, by interest id.
        has_contact: whether a contact in CiviCRM owns the row.
        contact_gone: whether the contact that owned it was deleted, and no other contact has the address.
        marks: departures in CiviCRM other than from the group: the contact's flags, or how it went.
        merged: whether its contact was merged into one that is subscribed with another address.
        handed_over: whether another contact had the member when it was subscribed.
        departed: whether we removed the member for a departure, and no one has subscribed it since.
        group: the contact's state in the subscription group.
        interest_groups: the contact's state in the interests' groups, by interest id.
        base: what both sides last agreed on.
        address: the address at Mailchimp, else the one to subscribe.
        first_name, last_name: for a new member.
        obstacle: why the person may not be newly subscribed, if so.
        other_subscribed: whether another row of the same contact is subscribed at Mailchimp.
        other_left: whether another row of the same contact unsubscribed, and that outranks the group's Added.
        other_preferred: whether another row of the same contact is the one to resubscribe.
        other_interests: the interests of another subscribed row of the contact.
        new_address: the address CiviCRM wants for the member, if it differs from the one at Mailchimp.
        address_taken: whether another person's row has the new address.
        replaced: whether the contact is subscribed with the new address, as another member.
        replaces: for a new member, the statuses of the contact's members that can't be given the address, except
            members that we removed ourselves.
        refusal: what Mailchimp refused last.
        erased: whether the address was erased, so that nothing may be done with it.
        unknown: why nothing certain is known of the contact, so that no conclusion may be drawn.
    """

    mailchimp_status: str | None = None
    mailchimp_status_date: datetime | None = None
    made_by: MadeBy | None = None
    mailchimp_date: datetime | None = None
    interests: Mapping[str, bool] = field(default_factory=lambda: NO_INTERESTS)
    has_contact: bool = True
    contact_gone: bool = False
    marks: frozenset[Departure] = frozenset()
    merged: bool = False
    handed_over: bool = False
    departed: bool = False
    group: GroupState = NOT_IN_GROUP
    interest_groups: Mapping[str, GroupState] = field(default_factory=lambda: NO_GROUPS)
    base: Base = NO_BASE
    address: str | None = None
    first_name: str = ""
    last_name: str = ""
    obstacle: Code | None = None
    other_subscribed: bool = False
    other_left: bool = False
    other_preferred: bool = False
    other_interests: frozenset[str] = frozenset()
    new_address: str | None = None
    address_taken: bool = False
    replaced: bool = False
    replaces: frozenset[str] = frozenset()
    refusal: Refusal | None = None
    erased: bool = False
    unknown: Code | None = None

    @property
    def their_date(self) -> datetime | None:
        """The date of the status, if it is the member's own decision and not ours."""
        return self.mailchimp_status_date if self.made_by is None else None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a row needs.

    Attributes:
        sync_status: the row's status once everything that can be done here is done.
        reason: why.
        create_contact: whether a contact must be created in CiviCRM first.
        groups: CiviCRM group changes, (group id, Added or Removed).
        update: the body of the member update for Mailchimp.
        agreed: the row's base once everything has been confirmed.
        adds_member: whether the contact's new address becomes a separate member beside this one.
    """

    sync_status: SyncStatus
    reason: Code
    create_contact: bool = False
    groups: tuple[tuple[int, GroupStatus], ...] = ()
    update: Mapping[str, Any] | None = None
    agreed: Base = NO_BASE
    adds_member: bool = False

    @property
    def changes_something(self) -> bool:
        """Return whether either side has to change."""
        return self.create_contact or bool(self.groups) or self.update is not None
