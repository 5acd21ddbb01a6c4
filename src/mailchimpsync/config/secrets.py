"""Secrets are encrypted at rest with a key that is kept apart from the database (docs/decisions/secrets.md)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailchimpsync.config.settings import Settings
from mailchimpsync.errors import Code, ConfigurationError
from mailchimpsync.messages import say

ENCRYPTED = "encrypted:"
MASKED = "…"
_SHOWN_CHARS = 4
_DERIVED_BYTES = 32
_DATA_CENTRE = re.compile(r"-[a-z]{2,4}\d{1,4}$")
_LONG_ENOUGH = 16  # nothing is shown of a shorter secret: the rest could be guessed


class Keyring:
    """Encrypts with the first of its keys, and decrypts with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Create a keyring from keys in Fernet's format.

        Raises:
            ConfigurationError: `SECRET`, a key isn't valid, or there is none.
        """
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise _unusable(say("The secret key isn't a valid key")) from None
        self._keys = [key.encode() for key in keys]

    def encrypt(self, secret: str) -> str:
        """Return the encrypted secret, with a prefix that marks it as encrypted."""
        return ENCRYPTED + self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return the secret.

        Raises:
            ConfigurationError: `SECRET`, it was encrypted with another key, or altered.
        """
        try:
            return self._fernet.decrypt(token.removeprefix(ENCRYPTED)).decode()
        except (InvalidToken, ValueError):
            raise _unusable(say("A stored secret was encrypted with a different secret key")) from None

    def derive(self, purpose: str) -> str:
        """Return a secret for another purpose, in hexadecimal, which doesn't reveal the key (HKDF, RFC 5869)."""
        return self.derive_all(purpose)[0]

    def derive_all(self, purpose: str) -> list[str]:
        """Return the secret from `derive`, and the secrets derived from the other keys."""
        info = f"mailchimpsync {purpose}".encode()
        return [HKDF(hashes.SHA256(), _DERIVED_BYTES, salt=None, info=info).derive(key).hex() for key in self._keys]


def mask(secret: str) -> str:
    """Return the end of a secret, which may be shown so that its owner recognises it."""
    if len(secret) < _LONG_ENOUGH:
        return MASKED
    data_centre = found[0] if (found := _DATA_CENTRE.search(secret)) else ""
    return MASKED + secret.removesuffix(data_centre)[-_SHOWN_CHARS:] + data_centre


def new_key() -> str:
    """Return a new secret key."""
    return Fernet.generate_key().decode()


def create_key_file(path: Path) -> None:
    """Write a new key to a file that only its owner can read; an existing file is left alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(new_key() + "\n")


def write_key_file(path: Path, keys: Sequence[str]) -> None:
    """Replace the keys in the file, newest first. At every moment the file has either the old keys or the new ones.

    Raises:
        ConfigurationError: `SECRET`, the file's directory can't be written to; the file is unchanged.
    """
    path = path.resolve()  # replace the target of a symbolic link, not the link
    beside = path.with_name(path.name + ".new")
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise _unusable(
            say("The key file %(path)s can't be written (%(error)s)", path=path, error=type(error).__name__)
        ) from None


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_keys(settings: Settings) -> list[str]:
    """Return the keys from the environment, else from the key file, separated by white space, newest first.

    Raises:
        ConfigurationError: `SECRET`, the file is missing or accessible to others.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().split()
    path = settings.key_path
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(
            say("The key file %(path)s can't be read (%(error)s)", path=path, error=type(error).__name__)
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise _unusable(say("The key file %(path)s is accessible to others. Run `chmod 600` on it", path=path))
    return text.split()


def read_keyring(settings: Settings) -> Keyring:
    """Return the keyring of `read_keys`.

    Raises:
        ConfigurationError: `SECRET`, the file is missing, accessible to others, or contains no key.
    """
    return Keyring(read_keys(settings))


def _unusable(what: str) -> ConfigurationError:
    return ConfigurationError(what, code=Code.SECRET)
