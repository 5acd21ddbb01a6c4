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
from mailchimpsync.errors.validation import problem_at
from mailchimpsync.http_urls import is_http_url
from mailchimpsync.messages import say

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
        yield from _problems_of_key(say("account “%(name)s”", name=name), account.api_key)
        yield from _problems_of_secret(
            say("account “%(name)s”", name=name), say("webhook secret"), account.webhook_secret
        )
        if account.base_url:
            yield from _problems_of_url(say("account “%(name)s”, base_url", name=name), account.base_url)
    for link in connections:
        yield from _problems_of_link(link, accounts)
    yield from _used_twice(connections)


def _problems_of_url(place: str, url: str) -> Iterator[str]:
    if "@" in url.partition("://")[2].partition("/")[0]:
        yield problem_at(place, say("an address can't contain a user name or password."))
    elif not is_http_url(url.strip()):
        yield problem_at(place, say("an address must start with https:// or http://."))


def _problems_of_web_server(civicrm: CivicrmSite) -> Iterator[str]:
    if civicrm.web_server_user and ":" in civicrm.web_server_user:
        yield problem_at("civicrm.web_server_user", say("a web server's user name can't contain a colon."))
    if civicrm.web_server_user is None and civicrm.web_server_password is not None:
        yield problem_at("civicrm.web_server_password", say("web_server_user is missing."))


def _problems_of_key(place: str, key: SecretStr) -> Iterator[str]:
    if not key.get_secret_value().strip():
        yield problem_at(place, say("the API key is empty."), field="api_key")
    yield from _problems_of_secret(place, say("API key"), key, "api_key")


def _problems_of_secret(place: str, what: str, secret: SecretStr | None, field: str = "") -> Iterator[str]:
    text = secret.get_secret_value() if secret else ""
    if not (text.isascii() and text.isprintable()):
        yield problem_at(place, say("the %(what)s contains characters that aren't allowed.", what=what), field=field)


def _problems_of_link(link: Link, accounts: Mapping[str, Account]) -> Iterator[str]:
    place = say("connection of audience “%(id)s”", id=link.audience_id)
    if link.account not in accounts:
        known = ", ".join(accounts) or "none"
        yield problem_at(
            place, say("there is no account “%(account)s” (available: %(known)s).", account=link.account, known=known)
        )
    if not _ID.fullmatch(link.audience_id):
        yield problem_at(place, say("an audience id can only contain letters, digits and underscores."))
    for interest, group in link.interests.items():
        if not _ID.fullmatch(interest):
            yield problem_at(
                place,
                say(
                    "“%(interest)s” isn't an interest id, which can only contain letters, digits and underscores.",
                    interest=interest,
                ),
            )
        if group == link.group_id:
            yield problem_at(
                place,
                say(
                    "interest “%(interest)s” is linked with the subscription group %(group)s; choose another one.",
                    interest=interest,
                    group=group,
                ),
            )
    for interest in link.trust_interests.keys() - link.interests.keys():
        yield problem_at(
            place,
            say("a side is trusted for interest “%(interest)s”, which isn't linked with a group.", interest=interest),
        )
    yield from _problems_of_secret(place, say("signing secret"), link.signing_secret)
    yield from _problems_of_schedule(place, link.schedule)
    yield from problems_of_data(place, link.data)


def _problems_of_schedule(place: str, schedule: Schedule) -> Iterator[str]:
    try:
        ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield problem_at(
            place,
            say(
                "there is no time zone “%(time_zone)s”. Use a name such as Europe/Paris.", time_zone=schedule.time_zone
            ),
        )
    if schedule.cron is not None:
        try:
            CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            yield problem_at(
                place, say("“%(cron)s” isn't a valid cron schedule (%(error)s).", cron=schedule.cron, error=str(error))
            )


def _used_twice(links: tuple[Link, ...]) -> Iterator[str]:
    for audience, number in Counter(link.audience_id for link in links).items():
        if number > 1:
            yield say(
                "Audience “%(audience)s” is connected %(number)s times; it can only have one subscription group.",
                audience=audience,
                number=number,
            )
    groups = Counter(group for link in links for group in _groups_apart(link))
    for group, number in groups.items():
        if number > 1:
            yield say(
                "Group %(group)s is used %(number)s times; a group can only be linked once.", group=group, number=number
            )


def _groups_apart(link: Link) -> list[int]:
    """Return the linked groups, except interests with the subscription group, which are reported separately."""
    return [link.group_id, *(group for group in link.interests.values() if group != link.group_id)]
