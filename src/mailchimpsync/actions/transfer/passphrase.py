"""What a passphrase protects in a file: the site's keys can't be read without it, and no line be changed."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from secrets import token_bytes

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from mailchimpsync.config import Keyring
from mailchimpsync.errors import ConfigurationError, UsageError
from mailchimpsync.messages import say

CHARS_MIN = 12
_SALT_BYTES = 16
_KEY_BYTES = 32
_COST, _BLOCK = 2**15, 8  # 32 MB and a tenth of a second for each attempt


class Protection:
    """Encrypts with a passphrase and a salt, and signs what it is given line by line."""

    def __init__(self, passphrase: str, salt: str) -> None:
        """Derive two keys: one for secrets, one for the signature.

        Raises:
            UsageError: the passphrase is too short.
        """
        if len(passphrase) < CHARS_MIN:
            raise UsageError(say("A passphrase needs at least %(least)s characters.", least=CHARS_MIN))
        derived = Scrypt(bytes.fromhex(salt), 2 * _KEY_BYTES, _COST, _BLOCK, 1).derive(passphrase.encode())
        self._keyring = Keyring([urlsafe_b64encode(derived[:_KEY_BYTES]).decode()])
        self._mac = hmac.new(derived[_KEY_BYTES:], digestmod=sha256)

    def wrap(self, keys: Sequence[str]) -> str:
        """Return keys encrypted."""
        return self._keyring.encrypt(" ".join(keys))

    def unwrap(self, token: str) -> list[str]:
        """Return keys from what `wrap` returned.

        Raises:
            UsageError: the passphrase is another one.
        """
        try:
            return self._keyring.decrypt(token).split()
        except ConfigurationError:
            raise UsageError(say("The passphrase isn't the one of this file.")) from None

    def sign(self, line: bytes) -> None:
        """Include a line in the signature."""
        self._mac.update(line)

    def signature(self) -> str:
        """Return the signature of all lines so far."""
        return self._mac.hexdigest()


def new_salt() -> str:
    """Return a salt for a new file."""
    return token_bytes(_SALT_BYTES).hex()
