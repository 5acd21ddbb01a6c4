"""What changed in the configuration, part by part, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from mailchimpsync.messages import Message
from mailchimpsync.web.templatetags.screens import translated


def group_by_part(lines: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return sentences of `changes` under the part that they are about; other sentences are about none."""
    found: dict[str, list[str]] = {}
    for line in lines:
        values = line.values if isinstance(line, Message) else {}
        found.setdefault(translated(values.get("part")), []).append(translated(values.get("what", line)))
    return list(found.items())
