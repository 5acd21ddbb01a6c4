"""Sentences that the engine writes in English and that a screen can show in another language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self


class Message(str):
    """An English sentence that keeps its text and its values, so that it can be translated; else a plain string."""

    __slots__ = ("text", "values")

    text: str
    values: Mapping[str, object]

    @classmethod
    def of(cls, text: str, values: Mapping[str, object]) -> Self:
        """Return a text with its values filled in."""
        message = cls(text % values if values else text)
        message.text, message.values = text, values
        return message


def say(text: str, **values: object) -> Message:
    """Return a text with its values filled in: "%(name)s was added", name="Ann".

    `docs/translate.py` collects the texts in calls of this function. A value that is a message itself is translated
    too; other values, such as names and addresses, stay as they are.
    """
    return Message.of(text.text if isinstance(text, Message) else text, values)


def in_language(text: str, translate: Callable[[str], str]) -> str:
    """Return a text translated by `translate`, with its values filled in."""
    if not isinstance(text, Message):
        return translate(text)
    values = {
        name: in_language(value, translate) if isinstance(value, Message) else value
        for name, value in text.values.items()
    }
    return translate(text.text) % values if values else translate(text.text)
