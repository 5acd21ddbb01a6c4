"""The configuration: the site, the accounts, and which audience is linked with which groups."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError

from mailchimpsync.errors import ConfigurationError
from mailchimpsync.model import Connection, Resubscribe

WEBHOOK_SECRET_BYTES = 24

_ID = re.compile(r"[A-Za-z0-9_]+")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
GroupId = Annotated[int, Field(gt=0)]


class _Part(BaseModel):
    """What every part has in common: unknown words are mistakes, and no error shows what was given."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CivicrmSite(_Part):
    """Where CiviCRM is; `pattern` is the form of its API's URLs, found by itself if not given."""

    url: Text
    api_key: SecretStr
    pattern: Text | None = None


class Account(_Part):
    """A Mailchimp account; `base_url` replaces Mailchimp's own address, for proxies and local stand-ins.

    `webhook_secret` is what its webhooks prove themselves with; it is made when the account is first saved.
    """

    api_key: SecretStr
    base_url: Text | None = None
    webhook_secret: SecretStr | None = None


class Schedule(_Part):
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


class Link(_Part):
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


class Configuration(_Part):
    """Everything a site is configured with. Plain keys live in here and in no other place, and never show."""

    civicrm: CivicrmSite | None = None
    accounts: dict[Text, Account] = {}
    connections: tuple[Link, ...] = ()

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Return the configuration from plain values.

        Raises:
            ConfigurationError: it can't be used; every problem is named.
        """
        try:
            configuration = cls.model_validate(values)
        except ValidationError as error:
            raise _error(_sentence(one) for one in error.errors(include_url=False, include_input=False)) from None
        if problems := list(_problems(configuration)):
            raise _error(problems)
        return configuration

    def with_link(self, link: Link, account: Account) -> Self:
        """Return the configuration with an account and a link more, in place of the audience's present link.

        Raises:
            ConfigurationError: it would not be usable.
        """
        others = [one for one in self.connections if one.audience_id != link.audience_id]
        accounts = {**self.accounts, link.account: account}
        return self.checked({"civicrm": self.civicrm, "accounts": accounts, "connections": [*others, link]})

    def with_webhook_secrets(self) -> Self:
        """Return the configuration with a secret for the webhooks of every account that has none."""
        accounts = {
            name: account
            if account.webhook_secret is not None
            else account.model_copy(update={"webhook_secret": SecretStr(secrets.token_urlsafe(WEBHOOK_SECRET_BYTES))})
            for name, account in self.accounts.items()
        }
        return self.model_copy(update={"accounts": accounts})

    def with_civicrm(self, site: CivicrmSite) -> Self:
        """Return the configuration with another CiviCRM site.

        Raises:
            ConfigurationError: it would not be usable.
        """
        return self.checked({"civicrm": site, "accounts": self.accounts, "connections": self.connections})


def _error(problems: Iterator[str] | list[str]) -> ConfigurationError:
    return ConfigurationError("The configuration can't be used:\n" + "\n".join(f"• {one}" for one in problems))


def _sentence(problem: Mapping[str, Any]) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}."


def _problems(configuration: Configuration) -> Iterator[str]:
    if configuration.civicrm is not None:
        yield from _problems_of_url("civicrm.url", configuration.civicrm.url)
        yield from _problems_of_key("civicrm", configuration.civicrm.api_key)
    for name, account in configuration.accounts.items():
        yield from _problems_of_key(f"account “{name}”", account.api_key)
        if account.base_url:
            yield from _problems_of_url(f"account “{name}”, base_url", account.base_url)
    for link in configuration.connections:
        yield from _problems_of_link(link, configuration.accounts)
    yield from _used_twice(configuration.connections)


def _problems_of_url(place: str, url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield f"{place}: an address begins with https:// or http://."
    elif "@" in parts.netloc:
        yield f"{place}: an address holds no user name or password."


def _problems_of_key(place: str, key: SecretStr) -> Iterator[str]:
    if not key.get_secret_value().strip():
        yield f"{place}: the API key is empty."


def _problems_of_link(link: Link, accounts: Mapping[str, Account]) -> Iterator[str]:
    place = f"connection of audience “{link.audience_id}”"
    if link.account not in accounts:
        known = ", ".join(accounts) or "none"
        yield f"{place}: there is no account “{link.account}” (there is: {known})."
    if not _ID.fullmatch(link.audience_id):
        yield f"{place}: an audience id has only letters, digits and underscores."
    for interest, group in link.interests.items():
        if not _ID.fullmatch(interest):
            yield f"{place}: “{interest}” is no interest id, which has only letters, digits and underscores."
        if group == link.group_id:
            yield f"{place}: interest “{interest}” has the subscription group {group}; it needs a group of its own."
    yield from _problems_of_schedule(place, link.schedule)


def _problems_of_schedule(place: str, schedule: Schedule) -> Iterator[str]:
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{place}: there is no time zone “{schedule.time_zone}”; write one such as Europe/Paris."
    if schedule.cron is not None:
        try:
            CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            yield f"{place}: “{schedule.cron}” is not a schedule as in a crontab ({error})."


def _used_twice(links: tuple[Link, ...]) -> Iterator[str]:
    for audience, number in Counter(link.audience_id for link in links).items():
        if number > 1:
            yield f"Audience “{audience}” is connected {number} times; it can have one subscription group."
    groups = Counter(group for link in links for group in _groups_apart(link))
    for group, number in groups.items():
        if number > 1:
            yield f"Group {group} is used {number} times; a group can be linked once only."


def _groups_apart(link: Link) -> list[int]:
    """An interest with the subscription group has a sentence of its own already."""
    return [link.group_id, *(group for group in link.interests.values() if group != link.group_id)]
