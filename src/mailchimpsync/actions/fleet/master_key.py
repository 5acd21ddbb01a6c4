"""Replaces the master key of a fleet. The sites' own keys stay; only what they are encrypted with changes.

As for the key of a site, there is no moment in which a site can't be opened: see `configuration/rotate_key.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailchimpsync.actions.fleet.fleet import Fleet
from mailchimpsync.config import Keyring, new_key, read_keys, write_key_file
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.messages import say
from mailchimpsync.store.fleet import sites


def rotate_master_key_file(fleet: Fleet) -> Iterator[str]:
    """Replace the master key in steps; yields what was done after each. If this is interrupted, start again.

    Raises:
        ConfigurationError: `SECRET`, a key or the key file can't be used; nothing needs to be repaired.
        StoreError: the database can't be written.
    """
    keys = [new_key(), *read_keys(fleet.settings)]
    write_key_file(fleet.settings.key_path, keys)
    yield "A new master key is in the key file, in front of the old one."
    number = _reencrypt(fleet, keys)
    yield f"The keys of {number:,} sites are encrypted with the new master key."
    write_key_file(fleet.settings.key_path, keys[:1])
    yield "The old master key is deleted from the key file. Old copies of the database can be opened only with it."


def rotate_master_key_of_environment(fleet: Fleet) -> str | None:
    """Return a new key if the environment has only one; otherwise encrypt the sites' keys with its first key.

    Raises:
        ConfigurationError: `SECRET`, the keys can't be used.
        StoreError: the database can't be written.
    """
    keys = read_keys(fleet.settings)
    if len(keys) == 1:
        return new_key()
    _reencrypt(fleet, keys)
    return None


def _reencrypt(fleet: Fleet, keys: list[str]) -> int:
    keyring = Keyring(keys)
    with fleet.store.begin() as tx:
        sites.lock_master_key(tx)  # a site that is being added has the old key
        names = sites.all_names(tx)
        for name in names:
            secret_keys = _decrypted(keyring, name, sites.lock_keys_of(tx, name))
            sites.change_site(tx, name, secret_keys=keyring.encrypt(secret_keys))
    return len(names)


def _decrypted(keyring: Keyring, name: str, token: str) -> str:
    try:
        return keyring.decrypt(token)
    except ConfigurationError as error:
        what = say(
            "The master key doesn't open the site %(name)s, so no site has a new one. Restore this site's row from a "
            "backup, or remove the site, then replace the key.",
            name=name,
        )
        raise ConfigurationError(what, code=error.code) from None
