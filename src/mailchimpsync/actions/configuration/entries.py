"""Our entries in CiviCRM: put there, checked, removed (docs/decisions/entries-in-civicrm.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from pydantic import SecretStr

from mailchimpsync.actions.finding import Finding, Level, Step, ok
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import (
    CivicrmClient,
    Entries,
    count_records,
    entries,
    has_records,
    install_entries,
    install_records,
    remove_entries,
    remove_records,
)
from mailchimpsync.errors import ConfigurationError, ConfirmationError
from mailchimpsync.messages import join, say
from mailchimpsync.store.cache.contact_records import count_kept, forget_records

SECONDS = 60
"""How long CiviCRM may take to respond."""

SUBJECT = say("Entries in CiviCRM")
RECORDS = say("What Mailchimp says, on contacts")

T = TypeVar("T")


def install_in_civicrm(site: Site, key: str | None = None) -> list[Finding]:
    """Put entries for this service into CiviCRM's menu and a tab on every contact; what is there is corrected.

    If a connection has `contact_records`, the fields and the search for them are made too.

    `key` is an API key to use instead of the configured one; it isn't stored.

    Raises:
        ConfigurationError: no CiviCRM site, or no public address is configured.
        AccessError: the key's user lacks “administer CiviCRM”.
        TransientError: CiviCRM doesn't respond; call it again.
    """
    service = _service(site)
    found = _with_key(site, key, lambda client: install_entries(client, service))
    if _wants_records(site) and _with_key(site, key, install_records):
        _forget_records(site)
    return [*_findings(found, service), *_check_records(site, key)]


def remove_from_civicrm(site: Site, key: str | None = None, *, confirm: bool = False) -> bool:
    """Remove all of it, and return whether anything was there. Raises as `install_in_civicrm`.

    Raises:
        ConfirmationError: records on contacts would be deleted; `confirm` deletes them.
    """
    with site.store.reading() as tx:
        told = count_kept(tx)
    number = _with_key(site, key, count_records) or told  # an administrator's key may not see them
    if number and not confirm:
        raise ConfirmationError(
            say("This deletes what Mailchimp says from contacts in CiviCRM: records: %(number)s.", number=f"{number:,}")
        )
    had_records = _with_key(site, key, remove_records)
    _forget_records(site)
    return _with_key(site, key, remove_entries) or had_records


def entries_in_civicrm(site: Site, key: str | None = None) -> list[Finding]:
    """Return whether the entries are there and lead here. Raises as `install_in_civicrm`."""
    service = _service(site)
    found = _with_key(site, key, entries)
    findings = _findings(found, service) if found.any else [ok(SUBJECT, say("There are none."))]
    return [*findings, *_check_records(site, key)]


def check_entries(site: Site) -> Iterator[Finding]:
    """Yield whether the entries, if there are any, lead here."""
    if site.configuration.civicrm is not None and site.settings.public_url is not None:
        found = _with_key(site, None, entries)
        yield from _findings(found, site.settings.public_url) if found.any else ()
    if site.configuration.civicrm is not None:
        yield from _check_records(site, None)


def _check_records(site: Site, key: str | None) -> Iterator[Finding]:
    """Yield whether the fields are there, if a connection keeps something in them."""
    if not _wants_records(site):
        return
    if _with_key(site, key, has_records):
        yield ok(RECORDS, say("The fields are there."))
        return
    what = say(
        "CiviCRM shows the key's user no fields for it. Making them needs “administer CiviCRM”, filling them needs "
        "“access all custom data”."
    )
    yield Finding(Level.WARNING, RECORDS, what, Step.INSTALL_ENTRIES)


def _wants_records(site: Site) -> bool:
    return any(link.contact_records for link in site.configuration.connections)


def _forget_records(site: Site) -> None:
    """Forget what CiviCRM was told, so that the next syncs write all of it."""
    with site.store.begin() as tx:
        forget_records(tx)


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
