"""Replaces the secret key without a moment in which the site can't be opened.

See docs/decisions/safe-to-kill.md and docs/decisions/secrets.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Keyring, new_key, reencrypted
from mailchimpsync.store.site import configurations, secrets


def rotate_key_file(site: Site) -> Iterator[str]:
    """Replace the key in steps; yields what was done after each.

    The new key is written to the file, in front of the old ones, before anything is encrypted with it. The old keys are
    deleted when nothing needs them any more. If this is interrupted, the site can still be opened; just start again.

    Raises:
        ConfigurationError: `SECRET`, a key or the key file can't be used; nothing needs to be repaired.
        StoreError: the database can't be written.
    """
    keys = [new_key(), *site.keys.read()]
    site.keys.write(keys)
    yield f"A new key is in {site.keys.place}, in front of the old one."
    number = _reencrypt(site, keys)
    yield f"Every secret is encrypted with the new key, in {number:,} versions of the configuration."
    site.keys.write(keys[:1])
    site.keyring = Keyring(keys[:1])
    yield f"The old key is deleted from {site.keys.place}. Old copies of the database can be opened only with it."


def rotate_key_of_environment(site: Site) -> str | None:
    """Return a new key if the environment has only one; otherwise encrypt every secret with its first key.

    Raises:
        ConfigurationError: `SECRET`, the keys can't be used.
        StoreError: the database can't be written.
    """
    keys = site.keys.read()
    if len(keys) == 1:
        return new_key()
    _reencrypt(site, keys)
    return None


def _reencrypt(site: Site, keys: list[str]) -> int:
    keyring = Keyring(keys)
    with site.store.begin() as tx:
        number = configurations.reseal_documents(tx, lambda document: reencrypted(document, keyring))
        secrets.reseal_secrets(tx, lambda token: keyring.encrypt(keyring.decrypt(token)))
    site.keyring = keyring
    return number
