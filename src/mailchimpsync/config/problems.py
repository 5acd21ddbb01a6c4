"""Finds all problems of a configuration, and describes them in sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import SecretStr

from mailchimpsync.config.data import problems_of_data
from mailchimpsync.config.parts import Account, CivicrmSite, Link, Schedule
from mailchimpsync.http_urls import is_http_url

_ID = re.compile(r"[A-Za-z0-9_]{1,32}")


def problems_of(
    civicrm: CivicrmSite | None, accounts: Mapping[str, Account], connections: tuple[Link, ...]
) -> Iterator[str]:
    """Yield a sentence for each problem that the types alone don't exclude."""
    if civicrm is not None:
        yield from _problems_of_url("civicrm.url", civicrm.url)
        yield from _problems_of_key("civicrm", civicrm.api_key)
        yield from _problems_of_web_server(civicrm)
    for name, account in accounts.items():
        yield from _problems_of_key(f"account “{name}”", account.api_key)
        yield from _problems_of_secret(f"account “{name}”", "webhook secret", account.webhook_secret)
        if account.base_url:
            yield from _problems_of_url(f"account “{name}”, base_url", account.base_url)
    for link in connections:
        yield from _problems_of_link(link, accounts)
    yield from _used_twice(connections)


def _problems_of_url(place: str, url: str) -> Iterator[str]:
    if "@" in url.partition("://")[2].partition("/")[0]:
        yield f"{place}: an address can't contain a user name or password."
    elif not is_http_url(url.strip()):
        yield f"{place}: an address must start with https:// or http://."


def _problems_of_web_server(civicrm: CivicrmSite) -> Iterator[str]:
    if civicrm.web_server_user and ":" in civicrm.web_server_user:
        yield "civicrm.web_server_user: a web server's user name can't contain a colon."
    if civicrm.web_server_user is None and civicrm.web_server_password is not None:
        yield "civicrm.web_server_password: web_server_user is missing."


def _problems_of_key(place: str, key: SecretStr) -> Iterator[str]:
    if not key.get_secret_value().strip():
        yield f"{place}: the API key is empty."
    yield from _problems_of_secret(place, "API key", key)


def _problems_of_secret(place: str, what: str, secret: SecretStr | None) -> Iterator[str]:
    text = secret.get_secret_value() if secret else ""
    if not (text.isascii() and text.isprintable()):
        yield f"{place}: the {what} contains characters that aren't allowed."


def _problems_of_link(link: Link, accounts: Mapping[str, Account]) -> Iterator[str]:
    place = f"connection of audience “{link.audience_id}”"
    if link.account not in accounts:
        known = ", ".join(accounts) or "none"
        yield f"{place}: there is no account “{link.account}” (available: {known})."
    if not _ID.fullmatch(link.audience_id):
        yield f"{place}: an audience id can only contain letters, digits and underscores."
    for interest, group in link.interests.items():
        if not _ID.fullmatch(interest):
            yield f"{place}: “{interest}” isn't an interest id, which can only contain letters, digits and underscores."
        if group == link.group_id:
            yield f"{place}: interest “{interest}” is linked with the subscription group {group}; choose another one."
    for interest in link.trust_interests.keys() - link.interests.keys():
        yield f"{place}: a side is trusted for interest “{interest}”, which isn't linked with a group."
    yield from _problems_of_secret(place, "signing secret", link.signing_secret)
    yield from _problems_of_schedule(place, link.schedule)
    yield from problems_of_data(place, link.data)


def _problems_of_schedule(place: str, schedule: Schedule) -> Iterator[str]:
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{place}: there is no time zone “{schedule.time_zone}”. Use a name such as Europe/Paris."
    if schedule.cron is not None:
        try:
            CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            yield f"{place}: “{schedule.cron}” isn't a valid cron schedule ({error})."


def _used_twice(links: tuple[Link, ...]) -> Iterator[str]:
    for audience, number in Counter(link.audience_id for link in links).items():
        if number > 1:
            yield f"Audience “{audience}” is connected {number} times; it can only have one subscription group."
    groups = Counter(group for link in links for group in _groups_apart(link))
    for group, number in groups.items():
        if number > 1:
            yield f"Group {group} is used {number} times; a group can only be linked once."


def _groups_apart(link: Link) -> list[int]:
    """Return the linked groups, except interests with the subscription group, which are reported separately."""
    return [link.group_id, *(group for group in link.interests.values() if group != link.group_id)]
