"""What changed in the configuration, part by part, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from mailchimpsync.actions.texts.recognise import recognise_change
from mailchimpsync.web.templatetags.screens import translated


def group_by_part(lines: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return sentences of `changes` under the part that they are about."""
    found: dict[str, list[str]] = {}
    for part, what in map(recognise_change, lines):
        found.setdefault(translated(part), []).append(translated(what))
    return list(found.items())
