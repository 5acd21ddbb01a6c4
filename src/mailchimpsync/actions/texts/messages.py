"""Sentences that the engine puts together in English, and that a screen can say in another language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self


class Message(str):
    """A sentence in English that remembers its text and the values in it; to programs and commands it is a string."""

    __slots__ = ("text", "values")

    text: str
    values: Mapping[str, object]

    @classmethod
    def of(cls, text: str, values: Mapping[str, object]) -> Self:
        """Return a text with its values filled in."""
        said = cls(text % values if values else text)
        said.text, said.values = text, values
        return said


def say(text: str, **values: object) -> Message:
    """Return a text with its values filled in: "%(name)s was added", name="Ann".

    `docs/translate.py` finds what is written in a call of this. A value that is said too is translated with it; all
    others, such as names and addresses, stay as they are.
    """
    return Message.of(text.text if isinstance(text, Message) else text, values)


def in_language(text: str, translate: Callable[[str], str]) -> str:
    """Return a text in the language of `translate`."""
    if not isinstance(text, Message):
        return translate(text)
    values = {
        name: in_language(value, translate) if isinstance(value, Message) else value
        for name, value in text.values.items()
    }
    return translate(text.text) % values if values else translate(text.text)
