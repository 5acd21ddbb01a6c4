"""Reads what the PHP extension has, checks it on both sides, and says what a takeover would do. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from mailchimpsync.actions.configuration.check import check_live
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.takeover.configuration import FoundConfiguration, configuration_from
from mailchimpsync.actions.takeover.rows import RowCounts, count_rows, extension_tables
from mailchimpsync.actions.takeover.unfinished import reasons_to_wait
from mailchimpsync.actions.takeover.webhooks import OldWebhook, old_webhooks
from mailchimpsync.civicrm import mailing_groups
from mailchimpsync.civicrm.extension.by_api import Job, read_jobs, read_setting
from mailchimpsync.civicrm.extension.work import OpenWork
from mailchimpsync.config import Configuration, Link
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.messages import say


@dataclass(frozen=True, slots=True)
class Source:
    """What the caller knows besides: all of it is optional.

    Attributes:
        database_url: CiviCRM's database, to read the tables from there instead of by the API.
        keys: API keys by account name, in place of those in the setting.
        base_url: the address of a stand-in for Mailchimp.
        leave_out: audiences to leave out.
    """

    database_url: SecretStr | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    base_url: str | None = None
    leave_out: frozenset[str] = frozenset()

    @property
    def plain_url(self) -> str | None:
        """The database's URL, with its password."""
        return self.database_url.get_secret_value() if self.database_url else None


@dataclass(frozen=True, slots=True)
class Understanding:
    """What there is to take over.

    Attributes:
        found: the configuration that would be saved.
        new: the audiences that would be connected; the others are connected here already.
        jobs: the extension's scheduled jobs.
        webhooks: its webhooks at Mailchimp.
        work: what it still has under way.
        waits_for: what has to end before the switch, in sentences.
        rows: how many rows there are, by audience.
        groups: the titles of CiviCRM's mailing groups.
    """

    found: FoundConfiguration
    new: frozenset[str]
    jobs: tuple[Job, ...]
    webhooks: tuple[OldWebhook, ...]
    work: OpenWork
    waits_for: tuple[str, ...]
    rows: Mapping[str, RowCounts]
    groups: Mapping[int, str]

    def interests_of(self, link: Link) -> list[tuple[str, str]]:
        """Return the names of a connection's interests and of their groups."""
        names = self.found.interest_names
        return [(names.get(key, key), self.groups.get(group, str(group))) for key, group in link.interests.items()]

    @property
    def links(self) -> tuple[Link, ...]:
        """The extension's connections."""
        return self.found.links


def understand(site: Site, source: Source) -> Understanding:
    """Return what there is to take over, after checking that it still fits both sides.

    Raises:
        HiddenKeyError: API keys have to be given.
        ConfigurationError: there is nothing to take over, or something no longer fits; names every problem.
        AccessError: CiviCRM's key lacks “administer CiviCRM”, or Mailchimp refuses one.
        RemoteError, StoreError: something can't be read now.
    """
    found = find_configuration(site, source)
    with configured_as(site, found.configuration) as wanted, extension_tables(site, source.plain_url) as tables:
        audiences = [link.audience_id for link in found.links]
        work = tables.open_work(audiences)
        return Understanding(
            found,
            frozenset(audiences) - {link.audience_id for link in site.configuration.connections},
            tuple(read_jobs(site.civicrm())),
            tuple(old_webhooks(wanted, found.links, found.secrets)),
            work,
            tuple(reasons_to_wait(wanted, work, found.links)),
            {link.audience_id: count_rows(tables, link) for link in found.links},
            {group.id: group.title for group in mailing_groups(site.civicrm())},
        )


def find_configuration(site: Site, source: Source) -> FoundConfiguration:
    """Return the configuration that a takeover would save, checked on both sides. Raises as `understand`."""
    setting = read_setting(site.civicrm())
    if setting is None:
        raise ConfigurationError(say("CiviCRM doesn't have the PHP extension, or it is disabled."))
    found = configuration_from(
        setting, site.configuration, keys=source.keys, base_url=source.base_url, leave_out=source.leave_out
    )
    checked = check_live(site, found.configuration)
    named = {link.audience_id: link for link in checked.connections}
    links = tuple(named[link.audience_id] for link in found.links)
    return replace(found, configuration=checked, links=links)


@contextmanager
def configured_as(site: Site, wanted: Configuration) -> Iterator[Site]:
    """Provide the site as if a configuration were saved, to ask both sides with its keys."""
    own = site.for_another_thread()
    own.configuration = wanted
    try:
        yield own
    finally:
        own.close_clients()
