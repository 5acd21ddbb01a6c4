"""The parts of a configuration: the CiviCRM site, accounts, links between audiences and groups, schedules."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from mailchimpsync.model import Connection, Resubscribe

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
GroupId = Annotated[int, Field(gt=0, le=2**31 - 1)]


class Part(BaseModel):
    """What every part has in common: unknown words are mistakes, and no error shows what was given."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CivicrmSite(Part):
    """Where CiviCRM is; `pattern` is the form of its API's URLs, found by itself if not given."""

    url: Text
    api_key: SecretStr
    pattern: Text | None = None


class Account(Part):
    """A Mailchimp account; `base_url` replaces Mailchimp's own address, for proxies and local stand-ins.

    `webhook_secret` is what its webhooks prove themselves with; it is made when the account is first saved.
    """

    api_key: SecretStr
    base_url: Text | None = None
    webhook_secret: SecretStr | None = None


class Schedule(Part):
    """When the service syncs a connection by itself.

    Attributes:
        enabled: whether it does at all.
        every_minutes: the time from the start of a run to the start of the next, unless `cron` says otherwise.
        cron: five fields as in a crontab, in `time_zone`.
        quiet: a time of day without runs, such as `22:00-06:00`, in `time_zone`.
        time_zone: a name such as `Europe/Paris`.
        jitter_seconds: each run starts up to so much later, so that many sites don't all start at once.
        full_every_days: how often a run reads everything instead of what changed; 0: never by itself.
    """

    enabled: bool = True
    every_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60
    cron: Text | None = None
    quiet: Annotated[Text, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")] | None = None
    time_zone: Text = "UTC"
    jitter_seconds: Annotated[int, Field(ge=0, le=3_600)] = 60
    full_every_days: Annotated[int, Field(ge=0, le=365)] = 7


class Link(Part):
    """An audience linked with a subscription group, and interests with groups; names are for reading only."""

    account: Text
    audience_id: Text
    audience_name: str = ""
    group_id: GroupId
    group_title: str = ""
    interests: dict[str, GroupId] = {}
    resubscribe: Resubscribe = Resubscribe.ASK
    schedule: Schedule = Schedule()
    signing_secret: SecretStr | None = None
    """The secret with which Mailchimp signs this audience's webhook, where signing was switched on there."""

    @property
    def connection(self) -> Connection:
        """The link as the engine needs it."""
        return Connection(self.audience_id, self.group_id, dict(self.interests), self.resubscribe)

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.audience_name or self.audience_id} ↔ {self.group_title or f'group {self.group_id}'}"
