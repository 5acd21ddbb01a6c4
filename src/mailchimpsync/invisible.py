"""Characters that can't be seen, defined once for both texts and addresses."""

from __future__ import annotations

import unicodedata

_UNSEEN_CATEGORIES = ("Cf", "Cc")  # joiners, marks of direction, soft hyphens; control characters
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0") | frozenset(
    chr(number)
    for first, last in ((0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0100, 0xE01EF))
    for number in range(first, last + 1)
)
"""Letters, marks and symbols, by their category, that show nothing: Unicode's Default_Ignorable_Code_Point, fillers."""


def is_invisible(sign: str) -> bool:
    """Say whether a character takes no space on screen, or shows as blank without being a space."""
    return sign in _UNSEEN or unicodedata.category(sign) in _UNSEEN_CATEGORIES
