"""The parts of a configuration: the CiviCRM site, accounts, links between audiences and groups, schedules."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from mailchimpsync.config.data import Data
from mailchimpsync.messages import say
from mailchimpsync.model import (
    DEPARTURES,
    ChangeKind,
    Connection,
    Departure,
    LaneChoice,
    Leaving,
    Limit,
    Limits,
    NewMembers,
    Resubscribe,
    Trust,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def time_zone(name: str) -> str:
    """Return the name of a time zone as IANA spells it.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(say("there is no such time zone; a name is like America/New_York")) from error


TimeZone = Annotated[Text, AfterValidator(time_zone)]
GroupId = Annotated[int, Field(gt=0, le=2**31 - 1)]


class Part(BaseModel):
    """The base of all parts. Unknown fields are errors, and errors don't show the values that were given."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CivicrmSite(Part):
    """The CiviCRM site; `pattern` is the pattern of its API URLs, detected automatically if not given.

    `time_zone` is the site's IANA time zone, needed only for dates on which zones with the same time today differ.
    `web_server_user` and `web_server_password` are for web servers with a sign-in of their own (HTTP Basic).
    """

    url: Text
    api_key: SecretStr
    pattern: Text | None = None
    time_zone: TimeZone | None = None
    web_server_user: Text | None = None
    web_server_password: SecretStr | None = None

    @property
    def web_server(self) -> tuple[str, str] | None:
        """The web server's user name and password, if it needs them."""
        if self.web_server_user is None:
            return None
        return self.web_server_user, self.web_server_password.get_secret_value() if self.web_server_password else ""


class Account(Part):
    """A Mailchimp account; `base_url` replaces Mailchimp's own address, for proxies and local stand-ins.

    `webhook_secret` proves that a webhook comes from the account; it is created when the account is first saved.
    """

    api_key: SecretStr
    base_url: Text | None = None
    webhook_secret: SecretStr | None = None


class Schedule(Part):
    """When the service syncs a connection automatically.

    Attributes:
        enabled: whether it does so.
        every_minutes: the time from the start of a sync to the start of the next, unless `cron` is set.
        cron: five fields as in a crontab, in `time_zone`.
        quiet: a time of day, such as `22:00-06:00`, in `time_zone`: changes are synced, and all larger work waits.
        time_zone: a name such as `Europe/Paris`.
        jitter_seconds: the largest random delay of a sync, so that many sites don't start at the same time; at most a
            tenth of `every_minutes`.
        full_every_days: how often a sync reads everything instead of the changes; 0: not automatically.
        verify_every_days: how often both sides are compared in full; 0: not automatically.
        data_every_hours: how often a sync also checks for new data, where `data` is on; 0: not automatically.
    """

    enabled: bool = True
    every_minutes: Annotated[int, Field(ge=1, le=10_080)] = 1
    cron: Text | None = None
    quiet: Annotated[Text, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")] | None = None
    time_zone: Text = "UTC"
    jitter_seconds: Annotated[int, Field(ge=0, le=3_600)] = 60
    full_every_days: Annotated[int, Field(ge=0, le=365)] = 7
    verify_every_days: Annotated[int, Field(ge=0, le=365)] = 7
    data_every_hours: Annotated[int, Field(ge=0, le=8_760)] = 24


Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[int, Field(ge=0, le=10**9)]


class Guard(Part):
    """The guard against mass changes: a sync that would change more than this is held for review.

    Attributes:
        enabled: whether syncs are held at all.
        minimum: below this many people, shares are ignored.
        hold_hours: how long a held plan waits for review.
        unsubscribe_number: how many people may be unsubscribed at Mailchimp without review.
        unsubscribe_share: likewise, as a share of those subscribed there.
        remove_number: how many people may be removed from groups in CiviCRM without review.
        remove_share: likewise, as a share of each group's members.
        add_number: how many people may be subscribed at Mailchimp, or asked to confirm, without review.
        add_share: likewise, as a share of those subscribed there.
        create_number: how many contacts may be created in CiviCRM without review.
        create_share: likewise, as a share of the contacts known so far.
        interests_number: how many people's interests may change at Mailchimp without review.
        interests_share: likewise, as a share of those subscribed there.
        correct_number: how many contacts' names, addresses or holds may be corrected in CiviCRM without review.
        correct_share: likewise, as a share of those subscribed at Mailchimp.
    """

    enabled: bool = True
    minimum: Number = 20
    hold_hours: Annotated[int, Field(ge=1, le=2_160)] = 72
    unsubscribe_number: Number = 500
    unsubscribe_share: Share = 0.1
    remove_number: Number = 500
    remove_share: Share = 0.1
    add_number: Number = 1_000
    add_share: Share = 0.5
    create_number: Number = 1_000
    create_share: Share = 0.5
    interests_number: Number = 1_000
    interests_share: Share = 0.3
    correct_number: Number = 1_000
    correct_share: Share = 0.3

    @property
    def limits(self) -> Limits | None:
        """The limits for the engine; None: no guard."""
        if not self.enabled:
            return None
        by_kind = {
            ChangeKind.UNSUBSCRIBE: Limit(self.unsubscribe_number, self.unsubscribe_share),
            ChangeKind.REMOVE: Limit(self.remove_number, self.remove_share),
            ChangeKind.ADD: Limit(self.add_number, self.add_share),
            ChangeKind.CREATE: Limit(self.create_number, self.create_share),
            ChangeKind.INTERESTS: Limit(self.interests_number, self.interests_share),
            ChangeKind.CORRECT: Limit(self.correct_number, self.correct_share),
        }
        return Limits(by_kind, self.minimum, self.hold_hours)


class Campaigns(Part):
    """Whether sent campaigns are imported as activities in CiviCRM automatically, and what they contain.

    Attributes:
        enabled: whether the service imports them.
        every_hours: how often it does.
        opens: whether activities record who opened a campaign.
        clicks: whether activities record who clicked a link in it.
        follow_days: how long after sending a campaign is updated with opens, clicks, and recipients who have become
            contacts in the meantime.
    """

    enabled: bool = False
    every_hours: Annotated[int, Field(ge=1, le=168)] = 24
    opens: bool = False
    clicks: bool = False
    follow_days: Annotated[int, Field(ge=0, le=365)] = 30


class Departures(Part):
    """What happens at Mailchimp for each way of leaving in CiviCRM: `unsubscribe`, `archive` or `nothing`.

    Attributes:
        removed: the contact left the subscription group.
        trashed: it is in the trash, and nobody else has the address.
        deleted: it was deleted for good, and nobody else has the address.
        merged: it was merged into a contact that is subscribed with another address.
        deceased: it is marked deceased.
        do_not_email: it is marked “do not email”.
        opt_out: it is marked “no bulk emails”, or the member's address is on hold as an opt-out.
        on_hold: the member's address is on hold after a bounce.
    """

    removed: Leaving = DEPARTURES[Departure.REMOVED]
    trashed: Leaving = DEPARTURES[Departure.TRASHED]
    deleted: Leaving = DEPARTURES[Departure.DELETED]
    merged: Leaving = DEPARTURES[Departure.MERGED]
    deceased: Leaving = DEPARTURES[Departure.DECEASED]
    do_not_email: Leaving = DEPARTURES[Departure.DO_NOT_EMAIL]
    opt_out: Leaving = DEPARTURES[Departure.OPT_OUT]
    on_hold: Leaving = DEPARTURES[Departure.ON_HOLD]

    @property
    def by_kind(self) -> dict[Departure, Leaving]:
        """The settings for the engine."""
        return {departure: getattr(self, departure.value) for departure in Departure}


class Link(Part):
    """An audience linked with a subscription group, and interests with groups. Names are only for display."""

    account: Text
    audience_id: Text
    audience_name: str = ""
    group_id: GroupId
    group_title: str = ""
    interests: dict[str, GroupId] = {}
    resubscribe: Resubscribe = Resubscribe.ASK
    new_members: NewMembers | None = None
    """Whether Mailchimp asks new members to confirm; None: the audience's own setting at the start of a sync."""
    trust: Trust = Trust.NONE
    """The side that is right about subscriptions, until one reviewed full sync is complete."""
    trust_interests: dict[str, Trust] = {}
    """The same for interests, by their ids."""
    lane: LaneChoice = LaneChoice.AUTO
    """How updates are sent to Mailchimp."""
    contact_records: bool = False
    """Whether contacts in CiviCRM have a record of what Mailchimp says about them."""
    departures: Departures = Departures()
    schedule: Schedule = Schedule()
    guard: Guard = Guard()
    campaigns: Campaigns = Campaigns()
    data: Data = Data()
    signing_secret: SecretStr | None = None
    """The secret with which Mailchimp signs this audience's webhook, if signing is turned on there."""

    @property
    def connection(self) -> Connection:
        """The link for the engine."""
        limits = self.guard.limits
        return Connection(
            self.audience_id,
            self.group_id,
            dict(self.interests),
            self.resubscribe,
            limits,
            trust=self.trust,
            trust_interests=dict(self.trust_interests),
            departures=self.departures.by_kind,
            data=self.data.options,
            new_members=self.new_members,
            lane=self.lane,
            audience_name=self.audience_name,
            contact_records=self.contact_records,
        )

    def without_trust(self) -> Link:
        """Return the link with neither side trusted."""
        return self.model_copy(update={"trust": Trust.NONE, "trust_interests": {}})

    @property
    def title(self) -> str:
        """The readable name: audience ↔ group."""
        return f"{self.audience_name or self.audience_id} ↔ {self.group_title or f'group {self.group_id}'}"
