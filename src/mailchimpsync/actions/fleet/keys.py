"""The secret keys of a fleet's sites, encrypted with the fleet's master key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.config import Settings, read_keyring
from mailchimpsync.errors import Code, ConfigurationError
from mailchimpsync.messages import say
from mailchimpsync.store import Transaction
from mailchimpsync.store.fleet import sites
from mailchimpsync.store.fleet.database import FleetStore

_TRIED = 10
"""How many sites are tried before a master key is taken for another fleet's."""


@dataclass(frozen=True)
class FleetKeys:
    """Keys in the row of a site in a fleet, encrypted with the fleet's master key."""

    settings: Settings
    store: FleetStore
    name: str

    @property
    def can_be_written(self) -> bool:
        """Return that they are in the database."""
        return True

    @property
    def place(self) -> str:
        """Return that they are in the fleet's database."""
        return "the fleet's database"

    def read(self) -> list[str]:
        """Decrypt the site's row."""
        with self.store.reading() as tx:
            return unwrapped(sites.keys_of(tx, self.name), self.settings)

    def write(self, keys: Sequence[str]) -> None:
        """Replace the site's row."""
        with self.store.begin() as tx:
            sites.use_master_key(tx)
            sites.change_site(tx, self.name, secret_keys=wrapped(keys, self.settings))


def check_master_key(tx: Transaction, settings: Settings) -> None:
    """Check that the master key is the one of the fleet: it opens a site, or there are none.

    With another key, new sites could be added that the fleet's own key can't open, and no other site be synced. One
    site that is damaged doesn't matter here.

    Raises:
        ConfigurationError: `SECRET`, it is another key, or there is none.
    """
    tokens = sites.some_keys(tx, _TRIED)
    if tokens and not any(_opens(settings, token) for token in tokens):
        raise ConfigurationError(
            say(
                "This isn't the fleet's master key: it opens none of the sites in the database. Use the file "
                "secret.key of the home in which the fleet was created, or its content as MAILCHIMPSYNC_SECRET_KEY."
            ),
            code=Code.SECRET,
        )


def _opens(settings: Settings, token: str) -> bool:
    try:
        return bool(unwrapped(token, settings))
    except ConfigurationError:
        return False


def wrapped(keys: Sequence[str], settings: Settings) -> str:
    """Return a site's keys encrypted with the master key of the fleet with these settings."""
    return read_keyring(settings).encrypt(" ".join(keys))


def unwrapped(token: str, settings: Settings) -> list[str]:
    """Return a site's keys from what `wrapped` returned.

    Raises:
        ConfigurationError: `SECRET`, they were encrypted with another master key.
    """
    return read_keyring(settings).decrypt(token).split()
