"""Our entries in CiviCRM: put there, checked, removed (docs/decisions/entries-in-civicrm.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from pydantic import SecretStr

from mailchimpsync.actions.finding import Finding, Level, Step, ok
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import CivicrmClient, Entries, entries, install_entries, remove_entries
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.messages import join, say

SECONDS = 60
"""How long CiviCRM may take to respond."""

SUBJECT = say("Entries in CiviCRM")

T = TypeVar("T")


def install_in_civicrm(site: Site, key: str | None = None) -> list[Finding]:
    """Put entries for this service into CiviCRM's menu and a tab on every contact; what is there is corrected.

    `key` is an API key to use instead of the configured one; it isn't stored.

    Raises:
        ConfigurationError: no CiviCRM site, or no public address is configured.
        AccessError: the key's user lacks “administer CiviCRM”.
        TransientError: CiviCRM doesn't respond; call it again.
    """
    service = _service(site)
    found = _with_key(site, key, lambda client: install_entries(client, service))
    return list(_findings(found, service))


def remove_from_civicrm(site: Site, key: str | None = None) -> bool:
    """Remove all of it, and return whether anything was there. Raises as `install_in_civicrm`."""
    return _with_key(site, key, remove_entries)


def entries_in_civicrm(site: Site, key: str | None = None) -> list[Finding]:
    """Return whether the entries are there and lead here. Raises as `install_in_civicrm`."""
    service = _service(site)
    found = _with_key(site, key, entries)
    return list(_findings(found, service)) if found.any else [ok(SUBJECT, say("There are none."))]


def check_entries(site: Site) -> Iterator[Finding]:
    """Yield whether the entries, if there are any, lead here."""
    if site.configuration.civicrm is not None and site.settings.public_url is not None:
        found = _with_key(site, None, entries)
        yield from _findings(found, site.settings.public_url) if found.any else ()


def _findings(found: Entries, service: str) -> Iterator[Finding]:
    if wrong := found.wrong(service):
        what = say("Missing, or leading to another address: %(names)s.", names=join(", ", wrong))
        yield Finding(Level.WARNING, SUBJECT, what, Step.INSTALL_ENTRIES)
        return
    if found.addresses is None:
        yield ok(SUBJECT, say("The tab is there. Whether the menu is can't be seen by the key's user."))
    elif found.has_forms:
        yield ok(SUBJECT, say("The menu and the tab on contacts lead to this service."))
    else:
        yield ok(SUBJECT, say("The menu leads to this service. Without FormBuilder, contacts have no tab."))


def _service(site: Site) -> str:
    if site.settings.public_url is None:
        raise ConfigurationError(
            say("The entries lead to the service's public address. Set `public_url` in mailchimpsync.toml first.")
        )
    return site.settings.public_url


def _with_key(site: Site, key: str | None, work: Callable[[CivicrmClient], T]) -> T:
    with _client(site, key) as client, within(client, SECONDS) as limited:
        return work(limited)


@contextmanager
def _client(site: Site, key: str | None) -> Iterator[CivicrmClient]:
    configured = site.configuration.civicrm
    if key is None or configured is None:
        yield site.civicrm()
        return
    with site.clients.civicrm(configured.model_copy(update={"api_key": SecretStr(key)}), site.runtime) as client:
        yield client
