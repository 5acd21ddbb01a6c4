"""The input of a decision, by whom it is about; and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from mailchimpsync.errors import Code
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import SUBSCRIBED_STATUSES, Base, Departure, GroupState, GroupStatus, MadeBy, SyncStatus

NO_INTERESTS: Mapping[str, bool] = {}
NO_GROUPS: Mapping[str, GroupState] = {}
NOT_IN_GROUP = GroupState()
NO_BASE = Base()


@dataclass(frozen=True, slots=True)
class Member:
    """A member at Mailchimp; dates are aware and in UTC.

    Attributes:
        status: its status; unknown ones are kept.
        since: since when it has that status, by Mailchimp's date of the member.
        made_by: who set that status, if it was us; None: someone else, or not known.
        changed_at: Mailchimp's date of its last change of any kind.
        address: its address; None: not read, because both sides agree.
        interests: the linked interests' values, by interest id.
        departed: whether we removed it for a departure, and no one has subscribed it since.
        handed_over: whether another contact had it when it was subscribed.
    """

    status: str
    since: datetime | None = None
    made_by: MadeBy | None = None
    changed_at: datetime | None = None
    address: str | None = None
    interests: Mapping[str, bool] = field(default_factory=lambda: NO_INTERESTS)
    departed: bool = False
    handed_over: bool = False

    @property
    def is_subscribed(self) -> bool:
        """Return whether it counts as being in the group: subscribed, or asked to confirm."""
        return self.status in SUBSCRIBED_STATUSES

    @property
    def their_date(self) -> datetime | None:
        """The date of the status, if it is the person's own decision and not ours."""
        return self.since if self.made_by is None else None


class Holder(Enum):
    """Which row has the address that a contact wants for its member."""

    NOBODY = auto()
    ANOTHER = auto()  # another person's, or one of the same contact that isn't subscribed
    SAME_CONTACT = auto()  # the contact is subscribed with it, as another member


@dataclass(frozen=True, slots=True)
class NewAddress:
    """The address CiviCRM wants for a member, where it differs from the one at Mailchimp."""

    address: str
    holder: Holder = Holder.NOBODY


@dataclass(frozen=True, slots=True)
class Others:
    """The other rows of the same contact.

    Attributes:
        subscribed: whether one of them is subscribed at Mailchimp.
        left: whether one of them unsubscribed, and that outranks the group's Added.
        preferred: whether one of them is the one to resubscribe.
        interests: the interests of a subscribed one.
        not_subscribed: the statuses of those that can't be given another address, except members that we removed.
    """

    subscribed: bool = False
    left: bool = False
    preferred: bool = False
    interests: frozenset[str] = frozenset()
    not_subscribed: frozenset[str] = frozenset()


NO_OTHERS = Others()


@dataclass(frozen=True, slots=True)
class Contact:
    """The contact in CiviCRM that owns the row.

    Attributes:
        group: its state in the subscription group.
        interest_groups: its state in the interests' groups, by interest id.
        departures: how it has departed, other than from the group.
        merged: whether the row came from a contact that was merged into it, and it is subscribed with another address.
        others: its other rows.
        new_address: the address it wants for the member.
        address, first_name, last_name: for a new member.
        obstacle: why it may not be newly subscribed, if so.
    """

    group: GroupState = NOT_IN_GROUP
    interest_groups: Mapping[str, GroupState] = field(default_factory=lambda: NO_GROUPS)
    departures: frozenset[Departure] = frozenset()
    merged: bool = False
    others: Others = NO_OTHERS
    new_address: NewAddress | None = None
    address: str | None = None
    first_name: str = ""
    last_name: str = ""
    obstacle: Code | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The contact that owned the row was deleted, and no other contact has the address; `departures`: how it went."""

    departures: frozenset[Departure] = frozenset()


@dataclass(frozen=True, slots=True)
class Nobody:
    """No contact owns the row; `departures`: those that remain of an earlier one."""

    departures: frozenset[Departure] = frozenset()


Owner = Contact | Gone | Nobody
_NOT_IN_CIVICRM = Contact()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The update that Mailchimp last refused for this row, and why.

    `is_put_off`: the cause may pass, but after many refusals it is retried less often, and not now.
    """

    code: Code
    update: MemberUpdate
    is_put_off: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything known of one row at the moment of the decision.

    Attributes:
        member: the member at Mailchimp; None: not there.
        contact: the contact that owns the row, or why there is none.
        base: what both sides last agreed on.
        refusal: what Mailchimp refused last.
        blocked: why nothing may be done: the address was erased, or nothing certain is known of the person.
    """

    member: Member | None
    contact: Owner
    base: Base = NO_BASE
    refusal: Refusal | None = None
    blocked: Code | None = None

    @property
    def status(self) -> str | None:
        """The member's status; None: not at Mailchimp."""
        return None if self.member is None else self.member.status

    @property
    def address(self) -> str | None:
        """The address at Mailchimp, else the one to subscribe."""
        return self.in_civicrm.address if self.member is None else self.member.address

    @property
    def in_civicrm(self) -> Contact:
        """What CiviCRM says of the contact: without one, nothing."""
        return self.contact if isinstance(self.contact, Contact) else _NOT_IN_CIVICRM


@dataclass(frozen=True, slots=True)
class Decision:
    """What a row needs.

    Attributes:
        sync_status: the row's status once everything that can be done here is done.
        reason: why.
        create_contact: whether a contact must be created in CiviCRM first.
        groups: CiviCRM group changes, (group id, Added or Removed).
        update: what Mailchimp is to be sent about the member.
        agreed: the row's base once everything has been confirmed.
        adds_member: whether the contact's new address becomes a separate member beside this one.
    """

    sync_status: SyncStatus
    reason: Code
    create_contact: bool = False
    groups: tuple[tuple[int, GroupStatus], ...] = ()
    update: MemberUpdate | None = None
    agreed: Base = NO_BASE
    adds_member: bool = False

    @property
    def changes_something(self) -> bool:
        """Return whether either side has to change."""
        return self.create_contact or bool(self.groups) or self.update is not None
