"""What there is to connect on both sides, for people who choose: live, and while somebody waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mailchimpsync.actions.site import Clients, Site
from mailchimpsync.civicrm import CivicrmClient, Group, group_sizes, mailing_groups
from mailchimpsync.config import Account, CivicrmSite
from mailchimpsync.mailchimp import Audience, Interest, MailchimpClient, account, audiences, interests
from mailchimpsync.runtime import Deadline, Runtime

SECONDS = 4.0
"""For how long a side that fails is asked again while somebody waits; a single answer may take longer."""

ANSWER_SECONDS = 30.0
"""How long all answers together may take while somebody waits."""

AT_ONCE = 4
"""Audiences that are read at the same time: each takes a connection, of which an account has 10."""

INTERESTS_OF_MAX = 50
"""Of how many audiences the interests are read; there are seldom more than a handful."""


@dataclass(frozen=True, slots=True)
class SizedGroup:
    """A mailing group that can be connected, and how many contacts are in it."""

    id: int
    title: str
    size: int


@dataclass(frozen=True, slots=True)
class AudienceSummary:
    """An audience and its interests; None: there are too many audiences to read those of all."""

    audience: Audience
    interests: Sequence[Interest] | None


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """What a key opens: the account's name, the role of the key's user there, and the audiences."""

    name: str
    role: str
    audiences: tuple[AudienceSummary, ...]


@contextmanager
def with_time_limit(site: Site, seconds: float = SECONDS) -> Iterator[Site]:
    """Give a site of one's own whose clients wait for better times no longer than until so many seconds from now."""
    patience = Deadline.after(site.runtime, seconds)
    deadline = Deadline.after(site.runtime, max(seconds, ANSWER_SECONDS))

    def civicrm(one: CivicrmSite, runtime: Runtime) -> CivicrmClient:
        client = site.clients.civicrm(one, runtime)
        client.deadline, client.patience = deadline, patience
        return client

    def mailchimp(one: Account, runtime: Runtime) -> MailchimpClient:
        client = site.clients.mailchimp(one, runtime)
        client.deadline, client.patience = deadline, patience
        return client

    own = site.another()
    own.clients = Clients(civicrm, mailchimp)
    try:
        yield own
    finally:
        own.let_go()


def sized_groups(site: Site) -> list[SizedGroup]:
    """Return the mailing groups that can be connected, by title, with their sizes.

    Raises:
        ConfigurationError: there is no CiviCRM site yet. AccessError, TransientError: it can't be asked.
    """
    client = site.civicrm()
    groups: list[Group] = mailing_groups(client)
    sizes = group_sizes(client, [group.id for group in groups])
    return [SizedGroup(group.id, group.title, sizes[group.id]) for group in groups]


def interests_of(site: Site, account_name: str, audience_id: str) -> list[Interest]:
    """Return the interests of an audience of a configured account, category by category.

    Raises:
        AccessError, TransientError, RefusedError: Mailchimp can't be asked, or the audience is gone.
    """
    return interests(site.mailchimp(account_name), audience_id)


def read_account(site: Site, account_name: str) -> AccountSummary:
    """Return what there is in a configured account, with numbers.

    Raises:
        AccessError, TransientError: Mailchimp does not accept the key, or can't be asked.
    """
    client = site.mailchimp(account_name)
    who, found = account(client), audiences(client)
    with site.runtime.executor(AT_ONCE) as pool:
        boxes = list(pool.map(lambda one: interests(client, one.id), found[:INTERESTS_OF_MAX]))
    known = [*boxes, *([None] * (len(found) - len(boxes)))]
    looks = tuple(AudienceSummary(one, has) for one, has in zip(found, known, strict=True))
    return AccountSummary(who.name, who.role, looks)
