"""What can be connected on both sides, read live while a person waits to choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mailchimpsync.actions.site import Clients, Site
from mailchimpsync.civicrm import CivicrmClient, Group, group_sizes, mailing_groups
from mailchimpsync.config import Account, CivicrmSite
from mailchimpsync.mailchimp import Audience, Interest, MailchimpClient, account, audiences, interests
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store.site import names

SECONDS = 4.0
"""How long failing requests are retried while a person waits; a single response may take longer."""

ANSWER_SECONDS = 30.0
"""How long all responses together may take while a person waits."""

AT_ONCE = 4
"""Audiences read at the same time: each takes one of the account's 10 connections."""

INTERESTS_OF_MAX = 50
"""How many audiences' interests are read; there are seldom more than a handful."""


@dataclass(frozen=True, slots=True)
class SizedGroup:
    """A mailing group that can be connected, and how many contacts are in it."""

    id: int
    title: str
    size: int


@dataclass(frozen=True, slots=True)
class AudienceSummary:
    """An audience and its interests; None: there are too many audiences to read all interests."""

    audience: Audience
    interests: Sequence[Interest] | None


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """The account of a key: its name, the role of the key's user, and the audiences."""

    name: str
    role: str
    audiences: tuple[AudienceSummary, ...]


def kept_account_name(site: Site, account_name: str) -> str | None:
    """Return the name of an account at Mailchimp as it was last read; None: it never was."""
    with site.store.reading() as tx:
        return names.account_name(tx, account_name)


@contextmanager
def with_time_limit(site: Site, seconds: float = SECONDS) -> Iterator[Site]:
    """Provide a separate site whose clients retry for at most this many seconds."""
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

    own = site.for_another_thread()
    own.clients = Clients(civicrm, mailchimp)
    try:
        yield own
    finally:
        own.close_clients()


def sized_groups(site: Site) -> list[SizedGroup]:
    """Return the mailing groups that can be connected, by title, with their sizes.

    Raises:
        ConfigurationError: no CiviCRM site is configured. AccessError, TransientError: it can't be reached.
    """
    client = site.civicrm()
    groups: list[Group] = mailing_groups(client)
    sizes = group_sizes(client, [group.id for group in groups])
    return [SizedGroup(group.id, group.title, sizes[group.id]) for group in groups]


def interests_of(site: Site, account_name: str, audience_id: str) -> list[Interest]:
    """Return the interests of an audience of a configured account, category by category.

    Raises:
        AccessError, TransientError, RefusedError: Mailchimp can't be reached, or the audience is gone.
    """
    return interests(site.mailchimp(account_name), audience_id)


def read_account(site: Site, account_name: str) -> AccountSummary:
    """Return the audiences and interests of a configured account; its name is kept for when Mailchimp is away.

    Raises:
        AccessError, TransientError: Mailchimp refuses the key, or can't be reached.
    """
    client = site.mailchimp(account_name)
    owner, found = account(client), audiences(client)
    with site.runtime.executor(AT_ONCE) as pool:
        found_interests = list(pool.map(lambda one: interests(client, one.id), found[:INTERESTS_OF_MAX]))
    known = [*found_interests, *([None] * (len(found) - len(found_interests)))]
    with site.store.begin() as tx:
        names.keep_account(tx, account_name, owner.name, site.runtime.now())
    summaries = tuple(AudienceSummary(one, has) for one, has in zip(found, known, strict=True))
    return AccountSummary(owner.name, owner.role, summaries)
