"""Sessions in the database, signed with the key of the site that is served. Django finds the class by its name."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.core import signing

from mailchimpsync.web.served import signing_key


class SessionStore(db.SessionStore):
    """A session that only its own site can read."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return what is stored."""
        return signing.dumps(
            session_dict, key=signing_key(), salt=self.key_salt, serializer=self.serializer, compress=True
        )

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return what was stored; nothing, if another site signed it."""
        try:
            found: dict[str, Any] = signing.loads(
                str(session_data), key=signing_key(), salt=self.key_salt, serializer=self.serializer
            )
        except (signing.BadSignature, ValueError):
            return {}
        return found
