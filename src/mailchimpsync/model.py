"""The vocabulary as types. Every package uses these words; see docs/glossary.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from mailchimpsync.invisible import is_invisible

MCSYNC_METHOD = "MCsync"
"""What CiviCRM's group history shows as the method of a change made by this product.

See docs/reference/php-extension.md#the-subscription.
"""


class MemberStatus(StrEnum):
    """A member's status at Mailchimp (docs/reference/mailchimp-behaviour.md#what-a-member-has)."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    CLEANED = "cleaned"
    PENDING = "pending"
    TRANSACTIONAL = "transactional"
    ARCHIVED = "archived"


SUBSCRIBED_STATUSES = frozenset({MemberStatus.SUBSCRIBED, MemberStatus.PENDING})
"""The statuses that are equivalent to being Added in the subscription group.

See docs/reference/php-extension.md#what-it-does.
"""


def comes_back(before: str | None, wanted: str | None) -> bool:
    """Return whether someone who was on the list before is to be subscribed: Mailchimp may insist on asking them."""
    return wanted == MemberStatus.SUBSCRIBED and before is not None and before not in SUBSCRIBED_STATUSES


class MadeBy(StrEnum):
    """Whether we made a member's status (docs/decisions/who-made-a-status.md)."""

    US = "us"
    US_UNCONFIRMED = "us-unconfirmed"  # we unsubscribed a person who had not confirmed yet


class GroupStatus(StrEnum):
    """A contact's status in a CiviCRM group; `Deleted` is known from the group history only."""

    ADDED = "Added"
    REMOVED = "Removed"
    PENDING = "Pending"
    DELETED = "Deleted"


class SyncStatus(StrEnum):
    """The state of a cache row."""

    TODO = "todo"  # to be decided
    LIVE = "live"  # an update is on its way to Mailchimp
    REDO = "redo"  # being retried in another way after a refusal, for example as pending
    OK = "ok"  # nothing outstanding
    FAIL = "fail"  # can't be synced; the reason says why


IN_FLIGHT = frozenset({SyncStatus.LIVE, SyncStatus.REDO})
"""The sync statuses of a row that has an open update."""


class Lane(StrEnum):
    """A way in which updates are sent to Mailchimp (docs/explanation/lanes.md)."""

    DIRECT = "direct"  # a request for each member
    BULK = "bulk"  # up to 500 members in a request
    BATCH = "batch"  # operations that Mailchimp works off later


class LaneChoice(StrEnum):
    """How a connection's updates are sent: as is best for what they are and how many, or in batches."""

    AUTO = "auto"
    BATCHES = "batches"


class Stage(StrEnum):
    """The steps of a run, in their order, named as in the API (`stop_on`)."""

    FETCH = "readyToFetch"
    FIX_CONTACT_IDS = "readyToFixContactIds"
    CLEAN_UP_DUPLICATES = "readyToCleanUpDuplicates"
    ADD_CIVI_ONLY = "readyToAddCiviOnly"
    CHECK_GROUP_CHANGES = "readyToCheckForGroupChanges"
    CHECK_DATA = "readyToCheckForDataUpdates"
    RECONCILE = "readyToReconcileQueue"
    CREATE_CONTACTS = "readyToCreateNewContactsFromMailchimp"
    CHANGE_GROUPS = "readyToChangeGroups"
    SUBMIT = "readyToSubmitUpdates"


class Side(StrEnum):
    """One of the two systems."""

    CIVICRM = "CiviCRM"
    MAILCHIMP = "Mailchimp"


class Resubscribe(StrEnum):
    """What a connection does when CiviCRM re-adds a person who unsubscribed at Mailchimp.

    See docs/decisions/sticky-opt-outs.md.
    """

    ASK = "ask"  # try subscribed; if Mailchimp refuses for compliance, pending: Mailchimp asks the person
    NEVER = "never"


class NewMembers(StrEnum):
    """How a connection subscribes people who gave their consent in CiviCRM (docs/decisions/new-members.md)."""

    SUBSCRIBE = "subscribe"  # CiviCRM's consent is enough
    CONFIRM = "confirm"  # Mailchimp asks them first, and they are `pending` until they have confirmed

    @classmethod
    def of(cls, *, double_optin: bool) -> NewMembers:
        """Return what an audience's own setting says."""
        return cls.CONFIRM if double_optin else cls.SUBSCRIBE


class Trust(StrEnum):
    """Which side is trusted, until one full run has brought the other side into line."""

    NONE = "none"  # neither: the side that changed since both agreed, else the later date
    CIVICRM = "civicrm"
    MAILCHIMP = "mailchimp"


class Departure(StrEnum):
    """The ways in which a person leaves in CiviCRM; where several apply, the first one counts."""

    DECEASED = "deceased"
    OPT_OUT = "opt_out"  # no bulk emails, or the member's own address is on hold as an opt-out
    DO_NOT_EMAIL = "do_not_email"
    ON_HOLD = "on_hold"  # the member's own address, after a bounce
    TRASHED = "trashed"
    DELETED = "deleted"  # for good
    MERGED = "merged"  # into a contact that is subscribed with another address
    REMOVED = "removed"  # from the subscription group


class Leaving(StrEnum):
    """What a departure means at Mailchimp."""

    UNSUBSCRIBE = "unsubscribe"
    ARCHIVE = "archive"
    NOTHING = "nothing"


DEPARTURES: Mapping[Departure, Leaving] = MappingProxyType(
    {
        Departure.DECEASED: Leaving.ARCHIVE,
        Departure.OPT_OUT: Leaving.UNSUBSCRIBE,
        Departure.DO_NOT_EMAIL: Leaving.UNSUBSCRIBE,
        Departure.ON_HOLD: Leaving.NOTHING,
        Departure.TRASHED: Leaving.ARCHIVE,
        Departure.DELETED: Leaving.NOTHING,
        Departure.MERGED: Leaving.NOTHING,
        Departure.REMOVED: Leaving.UNSUBSCRIBE,
    }
)
"""What departures mean unless a connection says otherwise.

People who opted out are unsubscribed, and people who are gone are archived. What proves nothing changes nothing: an
address on hold in CiviCRM may work at Mailchimp, a contact that is not there may only be hidden from the key's user,
and a merged one lives on.
"""


class ChangeKind(StrEnum):
    """What a run does to people; the guard counts each kind separately (docs/decisions/guard.md)."""

    UNSUBSCRIBE = "unsubscribe"  # at Mailchimp
    REMOVE = "remove"  # from a group in CiviCRM
    ADD = "add"  # subscribed at Mailchimp
    ASK = "ask"  # asked by Mailchimp to confirm; the guard counts them among those added
    JOIN = "join"  # a group in CiviCRM
    CREATE = "create"  # a contact in CiviCRM
    INTERESTS = "interests"  # ticked or unticked at Mailchimp
    CORRECT = "correct"  # a contact's name or address in CiviCRM, or a hold on it, as the person has it at Mailchimp
    DATA = "data"  # merge fields, language or tags at Mailchimp: CiviCRM keeps what is true, so it has no limit


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of one kind may happen without review: a number, and a share of the people concerned; None: no limit."""

    number: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a connection; shares are ignored below `minimum` people."""

    by_kind: Mapping[ChangeKind, Limit]
    minimum: int = 0
    hold_hours: int = 72


@dataclass(frozen=True, slots=True)
class GroupState:
    """What CiviCRM says of one contact in one group: the status now, and the date of the newest history entry (UTC)."""

    status: GroupStatus | None = None
    date: datetime | None = None

    @property
    def is_added(self) -> bool:
        """Say whether the contact is in the group."""
        return self.status is GroupStatus.ADDED


@dataclass(frozen=True, slots=True)
class Base:
    """What both sides agreed on when the row was last in sync; None and missing keys: never agreed."""

    subscribed: bool | None = None
    interests: Mapping[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class MappedField:
    """A merge field that is filled from CiviCRM.

    Attributes:
        merge_field: its tag in the audience, such as `MEMBEREND`.
        source: a contact field of CiviCRM, `group.field` of a custom one, or a summary such as `membership.end`.
        keep_when_empty: keep Mailchimp's value where CiviCRM has none.
        fill: the text for missing parts of an address that Mailchimp requires.
        country: of an address in CiviCRM without one, in two letters; empty: such an address is not sent.
        valid_days: of a checksum; a personal link is valid for at least half as long.
    """

    merge_field: str
    source: str
    keep_when_empty: bool = False
    fill: str = ""
    country: str = ""
    valid_days: int = 180


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What a connection sends to Mailchimp besides subscriptions (docs/explanation/data.md).

    Attributes:
        tags: whether contacts' tags become tags there.
        only_tags: the names of the tags that do; empty: all that are for contacts.
        group_tags: the groups whose members get a tag.
        tag_prefix: what such tags start with there.
        tags_start_automations: whether a change of tags may start automations.
        names: whether first and last name become FNAME and LNAME.
        language: whether the preferred language becomes the member's.
        fields: the field map.
        plugins: the other plugins that are switched on, by name, in their order, each with its options.
    """

    tags: bool = False
    only_tags: tuple[str, ...] = ()
    group_tags: tuple[int, ...] = ()
    tag_prefix: str = "CiviCRM: "
    tags_start_automations: bool = False
    names: bool = False
    language: bool = False
    fields: tuple[MappedField, ...] = ()
    plugins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connection:
    """One audience and its groups, as the engine needs them; `interests` maps interest id to CiviCRM group id.

    Without `limits` there is no guard against mass changes. `trust` names the side that wins wherever the two differ
    about the subscription, `trust_interests` likewise by interest id
    (docs/reference/php-extension.md#trust-in-one-side). `departures` says what leaving in CiviCRM means at Mailchimp;
    `DEPARTURES` has the defaults. Without `data`, only subscriptions are synced. Without `new_members`, the audience's
    own setting decides, once it has been read. `lane` says how updates are sent. With `contact_records`, contacts in
    CiviCRM have a record of what Mailchimp says, which names the audience by `audience_name`.
    """

    list_id: str
    group_id: int
    interests: Mapping[str, int]
    resubscribe: Resubscribe = Resubscribe.ASK
    limits: Limits | None = None
    trust: Trust = Trust.NONE
    trust_interests: Mapping[str, Trust] = field(default_factory=dict)
    departures: Mapping[Departure, Leaving] = field(default_factory=lambda: DEPARTURES)
    data: DataOptions | None = None
    new_members: NewMembers | None = None
    lane: LaneChoice = LaneChoice.AUTO
    audience_name: str = ""
    contact_records: bool = False

    def leaving(self, departure: Departure) -> Leaving:
        """Return what a departure means at Mailchimp."""
        return self.departures.get(departure, DEPARTURES[departure])

    @property
    def trusted(self) -> dict[str, str]:
        """Return the trusted side by what it is trusted with: `subscription` or an interest's id."""
        all_of_it = {"subscription": self.trust, **self.trust_interests}
        return {what: side.value for what, side in sorted(all_of_it.items()) if side is not Trust.NONE}

    @property
    def asks_first(self) -> bool:
        """Say whether Mailchimp asks new members before they are subscribed."""
        return self.new_members is NewMembers.CONFIRM

    def as_audience_says(self, *, double_optin: bool) -> Connection:
        """Return the same connection, with the audience's own setting for new members where it has none."""
        return replace(self, new_members=self.new_members or NewMembers.of(double_optin=double_optin))

    def without_trust(self) -> Connection:
        """Return the same connection with neither side trusted."""
        return replace(self, trust=Trust.NONE, trust_interests={})

    @property
    def group_ids(self) -> tuple[int, ...]:
        """Return the subscription group and the interests' groups, each once."""
        return tuple(dict.fromkeys((self.group_id, *self.interests.values())))


def full_name(names: Mapping[str, str] | None, otherwise: str | None = None) -> str:
    """Return a person's first and last name in one; without them, another name that is known, or ""."""
    known = names or {}
    return " ".join(filter(None, (known.get("first_name"), known.get("last_name")))) or otherwise or ""


def is_blank(text: str | None) -> bool:
    """Say whether a text is empty, or has only spaces of any kind and invisible characters."""
    if text and text.isascii() and text.isprintable():  # as nearly all are
        return text.isspace()
    return not text or all(one.isspace() or is_invisible(one) for one in text)


def blank_as_empty(text: str | None) -> str:
    """Return a text, or "" if it is blank: a blank never overwrites."""
    return "" if text is None or is_blank(text) else text
