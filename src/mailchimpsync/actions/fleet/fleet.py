"""A fleet: its sites, and how each is opened, added and removed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from mailchimpsync.actions.fleet.jobs import Job, Place
from mailchimpsync.actions.fleet.keys import FleetKeys, check_master_key, unwrapped, wrapped
from mailchimpsync.actions.site import Clients, Site, opened
from mailchimpsync.config import Keyring, Settings, new_key, read_keyring
from mailchimpsync.config.settings import SITE_NAME, site_path
from mailchimpsync.errors import ConfigurationError, StoreError, UsageError
from mailchimpsync.messages import say
from mailchimpsync.runtime import Runtime, wall_clock
from mailchimpsync.store import Database, Transaction
from mailchimpsync.store.fleet import roles, sites
from mailchimpsync.store.fleet.database import FleetStore, make_namespace
from mailchimpsync.store.fleet.sites import FleetSite
from mailchimpsync.store.schema.fleet_tables import TITLE_LENGTH_MAX

if TYPE_CHECKING:
    from mailchimpsync.actions.fleet.queue import Queue

_HOST = r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"


class MoreTables(Protocol):
    """Tables that another part of the program has in each site's schema, such as those of users."""

    def create_tables(self, tx: Transaction) -> None:
        """Create them in the transaction's schema, as they are now."""
        ...

    def bring_up(self, store: Database) -> None:
        """Create them for a site, or migrate them, unless they are the newest."""
        ...


@dataclass
class Fleet:
    """An open fleet; use it as a context manager, or close it. Threads may share it.

    Attributes:
        settings: the fleet's.
        store: the fleet's own tables; all sites use its connections to the database.
        more_tables: what sites have beside the engine's tables.
    """

    settings: Settings
    store: FleetStore
    runtime: Runtime
    clients: Clients
    more_tables: MoreTables | None = None

    def __post_init__(self) -> None:
        if self.runtime.now is not wall_clock:
            self.store.go_by(self.runtime.now)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections to the database, those of its sites too."""
        self.store.close()

    @property
    def database_url(self) -> str:
        """The database's URL. What else the fleet keeps there is in the schema `fleet`."""
        return self.settings.database_url

    @cached_property
    def queue(self) -> Queue:
        """The jobs of its workers."""
        from mailchimpsync.actions.fleet.queue import Queue  # noqa: PLC0415 (most commands queue nothing)

        return Queue(self.store)

    @property
    def keyring(self) -> Keyring:
        """The keyring of its master key."""
        return read_keyring(self.settings)

    def check_master_key(self) -> None:
        """Check that the master key is the one of the fleet.

        Raises:
            ConfigurationError: `SECRET`, it isn't.
        """
        with self.store.reading() as tx:
            check_master_key(tx, self.settings)

    def names(self) -> list[str]:
        """Return the names of all sites, in their order."""
        with self.store.reading() as tx:
            return sites.all_names(tx)

    def sites(self) -> list[FleetSite]:
        """Return all sites, by name."""
        with self.store.reading() as tx:
            return sites.all_sites(tx)

    def site(self, name: str) -> FleetSite:
        """Return the site of this name.

        Raises:
            UsageError: there is none.
        """
        with self.store.reading() as tx:
            return _found(tx, name)

    def open(self, name: str, *, runtime: Runtime | None = None) -> Site:
        """Open a site. It uses the fleet's connections to the database, so it is cheap, and closing it keeps them.

        Raises:
            UsageError: there is none of this name.
            ConfigurationError: its key or configuration can't be used.
            StoreError: the database can't be used, or the site has the schema of another version.
        """
        with self.store.reading() as tx:
            site = _found(tx, name)
            keyring = Keyring(unwrapped(sites.keys_of(tx, name), self.settings))
        store, keys = self.store.store_of(site), FleetKeys(self.settings, self.store, name)
        opened_site = opened(
            self.settings_of(site), store, keys, keyring, runtime or self.runtime, self.clients, slots=self.store
        )
        opened_site.enqueue = lambda kind, audience: self._enqueue(Job(kind, name, audience))
        return opened_site

    def _enqueue(self, job: Job) -> None:
        """Let the workers do a job. If the queue can't be reached, they find it by the tables, some minutes later."""
        with suppress(StoreError):
            self.queue.enqueue(Place(job))

    def settings_of(self, site: FleetSite) -> Settings:
        """Return the settings of a site: the fleet's, with the site's own public address."""
        public = f"https://{site.host}" if site.host else self.settings.public_url
        if public and not site.host:
            public = f"{public.rstrip('/')}{site_path(site.name)}"
        return self.settings.model_copy(update={"site": site.name, "public_url": public})

    def add(
        self,
        name: str,
        title: str = "",
        *,
        host: str | None = None,
        keys: Sequence[str] | None = None,
        fill: Callable[[Transaction], None] | None = None,
    ) -> FleetSite:
        """Add a site: a role, a schema and the tables in it, and a secret key of its own. All of it, or nothing.

        Args:
            name: what it is called in addresses and commands.
            title: what people call it.
            host: the host name at which it is reached.
            keys: its secret keys, if it has some already.
            fill: fills its tables; if this raises, there is no site.

        Raises:
            UsageError: the name or the title can't be used, or there is such a site already.
            ConfigurationError: the user that signs in to the database may not create roles or schemas; `SECRET`, the
                master key isn't the fleet's.
        """
        check_name(name)
        _check_title(title)
        checked_host = _checked_host(host) if host else None
        with self.store.begin() as tx:
            sites.use_master_key(tx)
            check_master_key(tx, self.settings)
            check_rights(roles.rights(tx))
            if sites.find_site(tx, name) is not None:
                raise UsageError(say("There is a site %(name)s already.", name=name))
            role = roles.role_of(sites.fleet_id(tx), name)
            if checked_host:
                _check_free(tx, name, checked_host)
            namespace = roles.namespace_of(name, role)
            number = make_namespace(tx, namespace)
            if self.more_tables is not None:
                with roles.within(tx, namespace):
                    self.more_tables.create_tables(tx)
            if fill is not None:
                with roles.within(tx, namespace):
                    fill(tx)
            site = FleetSite(name, title or name, role, checked_host, number, self.runtime.now(), None)
            sites.add_site(tx, site, wrapped(keys or [new_key()], self.settings))
        return site

    def change(
        self, name: str, *, title: str | None = None, host: str | None = None, disable: bool | None = None
    ) -> None:
        """Change what is given of a site: its title, its host name (empty: none), and whether anything is done for it.

        Raises:
            UsageError: there is no such site, or the title or the host name can't be used.
        """
        values: dict[str, Any] = {}
        if title is not None:
            _check_title(title)
            values["title"] = title or name
        if host is not None:
            values["host"] = _checked_host(host) if host else None
        if disable is not None:
            values["disabled_at"] = (self.site(name).disabled_at or self.runtime.now()) if disable else None
        self.site(name)
        with self.store.begin() as tx:
            if host:
                _check_free(tx, name, values["host"])
            if values:
                sites.change_site(tx, name, **values)

    def remove(self, name: str) -> None:
        """Remove a site with all of its data. All of it, or nothing.

        Raises:
            UsageError: there is none of this name.
        """
        site = self.site(name)
        with self.store.begin() as tx:
            roles.drop_namespace(tx, roles.namespace_of(site.name, site.role))
            sites.remove_site(tx, name)


def check_name(name: str) -> None:
    """Check that a site can have this name.

    Raises:
        UsageError: it can't.
    """
    if re.fullmatch(SITE_NAME, name) is None:
        raise UsageError(
            say(
                "A site's name has 1 to 40 lower-case letters, digits and hyphens, and begins with a letter: "
                "“%(name)s” doesn't.",
                name=name,
            )
        )


def _check_title(title: str) -> None:
    if len(title) > TITLE_LENGTH_MAX:
        raise UsageError(say("A title has at most %(most)s characters.", most=TITLE_LENGTH_MAX))


def _checked_host(host: str) -> str:
    if re.fullmatch(_HOST, host.lower()) is None:
        raise UsageError(say("%(host)s isn't a host name, such as sync.example.org.", host=host))
    return host.lower()


def _check_free(tx: Transaction, name: str, host: str) -> None:
    other = next((one.name for one in sites.all_sites(tx) if one.host == host and one.name != name), None)
    if other is not None:
        raise UsageError(say("The site %(name)s has the host name %(host)s already.", name=other, host=host))


def check_rights(found: roles.Rights) -> None:
    """Check that the user that signs in to the database may create what a site needs.

    Raises:
        ConfigurationError: it may not.
    """
    if found.can_create_roles and found.can_create_schemas:
        return
    raise ConfigurationError(
        say(
            "The database user %(user)s may not create roles and schemas, which each site needs. As an administrator "
            'of the database, run: ALTER ROLE "%(user)s" CREATEROLE NOINHERIT; GRANT CREATE ON DATABASE '
            '"%(database)s" TO "%(user)s";',
            user=found.user,
            database=found.database,
        )
    )


def _found(tx: Transaction, name: str) -> FleetSite:
    if (found := sites.find_site(tx, name)) is None:
        raise UsageError(_unknown(name, sites.all_names(tx)))
    return found


def _unknown(name: str, names: list[str]) -> str:
    if close := get_close_matches(name, names, n=1):
        return say("There is no site %(name)s. Did you mean %(other)s?", name=name, other=close[0])
    return say("There is no site %(name)s.", name=name)
