"""Where the secret keys of a site are kept: in its home, or encrypted in the fleet's row of the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mailchimpsync.config import Keyring, Settings, read_keys, write_key_file


class Keys(Protocol):
    """The secret keys of a site, newest first."""

    @property
    def can_be_written(self) -> bool:
        """Return whether the program may replace them."""
        ...

    @property
    def place(self) -> str:
        """Return where they are, within a sentence."""
        ...

    def read(self) -> list[str]:
        """Return them as they are now: another process may have replaced them.

        Raises:
            ConfigurationError: `SECRET`, they can't be read.
        """
        ...

    def write(self, keys: Sequence[str]) -> None:
        """Replace them. At every moment either the old keys are kept or the new ones.

        Raises:
            ConfigurationError: `SECRET`, they can't be written; nothing has changed.
        """
        ...


@dataclass(frozen=True)
class HomeKeys:
    """Keys in the key file of a home, or in the environment."""

    settings: Settings

    @property
    def can_be_written(self) -> bool:
        """Return whether they are in the file."""
        return self.settings.secret_key is None

    @property
    def place(self) -> str:
        """Return that they are in the file."""
        return "the key file"

    def read(self) -> list[str]:
        """Read the environment, or the file."""
        return read_keys(self.settings)

    def write(self, keys: Sequence[str]) -> None:
        """Replace the file."""
        write_key_file(self.settings.key_path, keys)


def keyring_of(keys: Keys) -> Keyring:
    """Return the keyring of a site, as its keys are now."""
    return Keyring(keys.read())
