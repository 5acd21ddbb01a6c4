"""A site: its settings, store, configuration, and connections to the two systems."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from secrets import token_hex
from types import TracebackType
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from mailchimpsync.actions.keys import Keys, keyring_of
from mailchimpsync.actions.work import Kind
from mailchimpsync.config import (
    Account,
    CivicrmSite,
    Configuration,
    Keyring,
    Link,
    Settings,
    from_stored,
    to_stored,
)
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.runtime import Runtime, wall_clock
from mailchimpsync.store import Database, Store
from mailchimpsync.store.engine.database import check_schema
from mailchimpsync.store.site import configurations, secrets, tombstones
from mailchimpsync.sync import Systems

if TYPE_CHECKING:
    from mailchimpsync.civicrm import CivicrmClient
    from mailchimpsync.mailchimp import MailchimpClient

JOURNAL_PURPOSE = "journal"
"""The purpose for which the keyring derives the secret that minimises personal values in the journal."""


def _civicrm_client(site: CivicrmSite, runtime: Runtime) -> CivicrmClient:
    from mailchimpsync.civicrm import CivicrmClient  # noqa: PLC0415 (`status` contacts neither side)

    key, web_server = site.api_key.get_secret_value(), site.web_server
    zone = ZoneInfo(site.time_zone) if site.time_zone else None
    return CivicrmClient(site.url, key, runtime, pattern=site.pattern, web_server=web_server, time_zone=zone)


def _mailchimp_client(account: Account, runtime: Runtime) -> MailchimpClient:
    from mailchimpsync.mailchimp import MailchimpClient  # noqa: PLC0415 (likewise)

    return MailchimpClient(account.api_key.get_secret_value(), runtime, base_url=account.base_url)


@dataclass(frozen=True)
class Clients:
    """How clients for the two systems are made; tests and simulations pass their own."""

    civicrm: Callable[[CivicrmSite, Runtime], CivicrmClient] = _civicrm_client
    mailchimp: Callable[[Account, Runtime], MailchimpClient] = _mailchimp_client


@dataclass
class Site:
    """An open site; use it as a context manager, or close it. Clients are made when first needed, and kept.

    Attributes:
        settings: those of its home, or of its fleet; `settings.site` is its name there.
        store: its tables.
        keys: where its secret keys are kept.
        version: the version of the configuration, 0 before the first is saved.
        slots: the database whose clients share connections to Mailchimp, if it isn't the site's own.
        close_fleet: closes the fleet that was opened for this site alone.
        enqueue: tells a fleet's workers that work of a kind is due at once, for one audience or the whole site. In a
            home nobody has to be told: the service looks every second.
    """

    settings: Settings
    store: Store
    keys: Keys
    keyring: Keyring
    runtime: Runtime
    clients: Clients
    configuration: Configuration = field(default_factory=Configuration)
    version: int = 0
    slots: Database | None = None
    close_fleet: Callable[[], None] | None = None
    enqueue: Callable[[Kind, str | None], None] = lambda _kind, _audience: None
    _open: ExitStack = field(default_factory=ExitStack, repr=False)
    _civicrm: CivicrmClient | None = field(default=None, repr=False)
    _erasure_key: str | None = field(default=None, repr=False)
    _mailchimp: dict[str, MailchimpClient] = field(default_factory=dict, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection and the store."""
        self.close_clients()
        self.store.close()
        if self.close_fleet is not None:
            self.close_fleet()

    def civicrm(self) -> CivicrmClient:
        """Return the connection to CiviCRM.

        Raises:
            ConfigurationError: none is configured.
        """
        if self._civicrm is None:
            if self.configuration.civicrm is None:
                raise ConfigurationError("No CiviCRM site is configured; run `mailchimpsync init`.")
            self._civicrm = self._open.enter_context(self.clients.civicrm(self.configuration.civicrm, self.runtime))
        return self._civicrm

    def mailchimp(self, name: str) -> MailchimpClient:
        """Return the connection to the account of this name, which must be configured."""
        if name not in self._mailchimp:
            client = self.mailchimp_client(self.configuration.accounts[name])
            self._mailchimp[name] = self._open.enter_context(client)
        return self._mailchimp[name]

    def mailchimp_client(self, account: Account) -> MailchimpClient:
        """Return a new client for an account, which need not be configured; close it.

        It shares the account's connections with all others of the database, first of all those that people wait for.
        """
        from mailchimpsync.sync.lease.slots import SharedSlots  # noqa: PLC0415 (`status` contacts neither side)

        client = self.clients.mailchimp(account, self.runtime)
        client.slots = SharedSlots(self.slots or self.store, client.account_digest, self.runtime)
        return client

    def systems(self, link: Link, *, someone_waits: bool = False) -> Systems:
        """Return what a connection is synced with; unless someone waits, it leaves people some connections."""
        mailchimp, civicrm = self.mailchimp(link.account), self.civicrm()
        mailchimp.slots.for_person = someone_waits
        return Systems(self.store, mailchimp, civicrm, self.runtime, self.erasure_key())

    def erasure_key(self) -> str | None:
        """Return the key for digests of erased addresses; None if no address has been erased."""
        if self._erasure_key is None:
            with self.store.reading() as tx:
                token = secrets.secret_of(tx, tombstones.ERASURE_KEY)
            self._erasure_key = self.keyring.decrypt(token) if token is not None else None
        return self._erasure_key

    def make_erasure_key(self) -> str:
        """Return the key for digests of erased addresses, after creating it if there is none."""
        if self.erasure_key() is None:
            with self.store.begin() as tx:
                secrets.save_secret(tx, tombstones.ERASURE_KEY, self.keyring.encrypt(token_hex(32)))
        return self.erasure_key() or ""

    def save(self, configuration: Configuration, by: str) -> None:
        """Save a new version of the configuration, its keys encrypted, and use it from now on.

        Raises:
            ConfigurationError: someone else has saved a version meanwhile, which this would undo; nothing is saved.
        """
        configuration = configuration.with_webhook_secrets()
        self.keyring = keyring_of(self.keys)  # the key may have been rotated since this process started
        document = to_stored(configuration, self.keyring.encrypt)
        with self.store.begin() as tx:
            version = configurations.save_configuration(tx, document, self.runtime.now(), by, after=self.version)
        if version is None:
            raise ConfigurationError(
                "Someone else has saved the configuration meanwhile, so nothing was saved. See what they changed with "
                "`mailchimpsync config diff`, then do it again."
            )
        self._use(configuration, version)
        self.enqueue(Kind.PLAN, None)

    def refresh(self) -> None:
        """Use the newest version of the configuration, if one was saved meanwhile."""
        with self.store.reading() as tx:
            newest = configurations.newest_version(tx)
            document = configurations.newest_configuration(tx) if newest != self.version else None
        if document is not None:
            self.keyring = keyring_of(self.keys)
            self._use(from_stored(document, self.keyring), newest)

    def for_another_thread(self) -> Site:
        """Return a site with the same store for another thread, since clients must not be shared.

        Close it with `close_clients`.
        """
        return replace(self, close_fleet=None, _open=ExitStack(), _civicrm=None, _mailchimp={})

    def _use(self, configuration: Configuration, version: int) -> None:
        self.close_clients()
        self.configuration = configuration
        self.version = version

    def rest(self) -> None:
        """Let others have Mailchimp's connections, as no work follows soon."""
        for client in self._mailchimp.values():
            client.slots.rest()

    def close_clients(self) -> None:
        """Close the connections to the two systems, but not the store."""
        self._open.close()
        self._civicrm = None
        self._mailchimp.clear()


def opened(
    settings: Settings,
    store: Store,
    keys: Keys,
    keyring: Keyring,
    runtime: Runtime,
    clients: Clients,
    *,
    slots: Database | None = None,
) -> Site:
    """Open the site of a store, or close the store.

    Raises:
        ConfigurationError: the configuration can't be used.
        StoreError: the database can't be used, or has the schema of another version.
    """
    if runtime.now is not wall_clock:
        store.go_by(runtime.now)
    try:
        with store.begin() as tx:
            check_schema(tx)
            version, document = configurations.newest_version(tx), configurations.newest_configuration(tx)
        configuration = from_stored(document, keyring) if document else Configuration()
    except BaseException:
        store.close()
        raise
    return Site(settings, store, keys, keyring, runtime, clients, configuration, version, slots)
