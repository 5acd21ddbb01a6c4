"""The secret keys of a fleet's sites, encrypted with the fleet's master key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.config import Settings, read_keyring
from mailchimpsync.store.fleet import sites
from mailchimpsync.store.fleet.database import FleetStore


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

    def read(self) -> list[str]:
        """Decrypt the site's row."""
        with self.store.reading() as tx:
            return unwrapped(sites.keys_of(tx, self.name), self.settings)

    def write(self, keys: Sequence[str]) -> None:
        """Replace the site's row."""
        with self.store.begin() as tx:
            sites.change_site(tx, self.name, secret_keys=wrapped(keys, self.settings))


def wrapped(keys: Sequence[str], settings: Settings) -> str:
    """Return a site's keys encrypted with the master key of the fleet with these settings."""
    return read_keyring(settings).encrypt(" ".join(keys))


def unwrapped(token: str, settings: Settings) -> list[str]:
    """Return a site's keys from what `wrapped` returned.

    Raises:
        ConfigurationError: `SECRET`, they were encrypted with another master key.
    """
    return read_keyring(settings).decrypt(token).split()
