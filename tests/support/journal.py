"""Journal entries, from the columns under which they are stored."""

from __future__ import annotations

from typing import Any

from mailchimpsync.effects import Effect
from mailchimpsync.store.journal.journal import NewEntry


def new_entry(*, side: str, field: str, old: str | None = None, new: str | None = None, **about: Any) -> NewEntry:
    """Return an entry to write."""
    return NewEntry(effect=Effect.stored(side, field, old, new), **about)
