"""Patterns for `LIKE` that mean the same on every database."""

from __future__ import annotations

NO_ESCAPE = "\x1f"  # a character nobody types: by default, a backslash works differently in each database


def contains_text(part: str) -> str:
    """Return the pattern of texts that contain a part; `%` and `_` match literally."""
    plain = part.replace(NO_ESCAPE, "").replace("%", f"{NO_ESCAPE}%").replace("_", f"{NO_ESCAPE}_")
    return f"%{plain}%"
