"""Text as MySQL's `utf8mb4_unicode_ci` compares it."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_WEIGHED = frozenset("\t\n\v\f\r\x85\u00ad\u0604\u0605\u061c\u0890\u0891\u08e2\u2064\u2066\u2067\u2068\u2069")
"""Signs that nobody sees, and that count all the same: as MariaDB 10.11 compares each with nothing."""


def fold(value: Any) -> Any:
    """Return what two texts have in common if they compare equal.

    That is without case, accents, trailing blanks and signs of no weight. Anything but text is returned as it is.
    """
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isprintable():
        return value.lower().rstrip(" ")
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return "".join(one for one in decomposed if not _has_no_weight(one)).rstrip(" ")


def _has_no_weight(sign: str) -> bool:
    is_invisible = unicodedata.category(sign) in {"Cc", "Cf"} and sign not in _WEIGHED
    return is_invisible or unicodedata.combining(sign) > 0


def regexp(pattern: str, value: Any) -> bool | None:
    """Say whether a text has a part that matches, in any case; null matches nothing, and does not fail to either."""
    return None if value is None else re.search(pattern, str(value), re.IGNORECASE) is not None
