"""Writes a message for people: in their language, with times in their connection's zone, and a button or a command.

A message with a button goes to people who have the screens and no terminal, so it names no command.
"""

from __future__ import annotations

from mailchimpsync.actions.alerts.messages import Content
from mailchimpsync.actions.texts.languages import translator_of, with_times_in
from mailchimpsync.actions.texts.wording import ON_SCREENS


def for_people(content: Content, language: str) -> Content:
    """Return the content of a message as people read it."""
    translate = translator_of(language, ON_SCREENS if content["url"] else None)
    zone = content.get("time_zone") or "UTC"  # a message queued by an older version has none

    def written(text: str) -> str:
        return with_times_in(zone, language, translate(text))

    texts = {name: written(content[name]) for name in ("title", "button") if content.get(name)}
    return {**content, **texts, "lines": [written(one) for one in content["lines"]]}
