"""Text as MySQL's `utf8mb4_unicode_ci` compares it."""

from __future__ import annotations

import unicodedata
from typing import Any


def fold(value: Any) -> Any:
    """Return what two texts have in common if they compare equal: no case, no accents, no trailing blanks.

    Anything but text is returned as it is.
    """
    if not isinstance(value, str):
        return value
    if value.isascii():
        return value.lower().rstrip(" ")
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return "".join(one for one in decomposed if not unicodedata.combining(one)).rstrip(" ")
