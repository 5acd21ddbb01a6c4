"""Messages: English sentences that keep their text and their values, so that nothing has to be parsed to translate it.

A message is a string, so logs, the command line and the API use it as it is. Screens translate it with `in_language`.
`to_json` and `from_json` keep it whole in a JSON column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

_JSON_KEYS = {"text", "values"}


class Message(str):
    """The English sentence made of a text such as "%(name)s was added" and its values."""

    __slots__ = ("text", "values")

    text: str
    values: Mapping[str, Any]

    def __new__(cls, text: str, values: Mapping[str, Any] | None = None) -> Self:
        """Return a text with its values filled in; a message as text stands for its own text."""
        template = text.text if isinstance(text, Message) else text
        message = super().__new__(cls, template % values if values else template)
        message.text, message.values = template, values or {}
        return message

    def __reduce__(self) -> tuple[type[Message], tuple[str, Mapping[str, Any]]]:
        """Copy it by its text and values."""
        return type(self), (self.text, self.values)


def say(text: str, /, **values: Any) -> Message:
    """Return a message: `say("%(name)s was added", name="Ann")`.

    `docs/translate.py` collects the texts in calls of this function. A value that is a message itself is translated
    too; other values, such as names and addresses, stay as they are.
    """
    return Message(text, values)


def as_message(text: str) -> Message:
    """Return a text as a message, so that it is translated where it is a value of another one."""
    return text if isinstance(text, Message) else Message(text)


def join(separator: str, parts: Iterable[str]) -> Message:
    """Return messages as one; each is translated on its own."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    return Message(separator.join(f"%({name})s" for name in values), values)


def moment(time: datetime | None) -> str:
    """Return a time in UTC, such as “2026-11-20 12:00 UTC”, or “never”.

    This form is for logs, the command line and the API. Screens recognise it, and write it as their readers do.
    """
    return f"{time:%Y-%m-%d %H:%M} UTC" if time else say("never")


def sentence(text: str) -> str:
    """Return a text with a full stop, unless it has one."""
    return text if text.endswith((".", "!", "?")) else say("%(text)s.", text=text)


def without_period(text: str) -> str:
    """Return a text without a full stop, to go on from there."""
    if not text.endswith("."):
        return text
    return Message(text.text.removesuffix("."), text.values) if isinstance(text, Message) else text.removesuffix(".")


def in_language(text: str, translate: Callable[[str], str], localise: Callable[[str], str] = str) -> str:
    """Return a text translated by `translate`, with its values filled in; `localise` rewrites other values."""
    if not isinstance(text, Message):
        return translate(text)

    def shown(value: Any) -> Any:
        if isinstance(value, Message):
            return in_language(value, translate, localise)
        return localise(value) if isinstance(value, str) else value

    values = {name: shown(value) for name, value in text.values.items()}
    return translate(text.text) % values if values else translate(text.text)


def reason_of(error: Exception) -> str:
    """Return what an exception was raised with: a message, if it was one; `str` would lose its values."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def to_json(value: Any) -> Any:
    """Return JSON values in which every message has become `{"text": …, "values": …}`."""
    if isinstance(value, Message):
        return {"text": value.text, "values": {name: _value_to_json(one) for name, one in value.values.items()}}
    if isinstance(value, Mapping):
        return {key: to_json(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [to_json(one) for one in value]
    return value


def _value_to_json(value: object) -> Any:
    return to_json(value) if isinstance(value, Message | int | float | None) else str(value)


def from_json(value: Any) -> Any:
    """Return JSON values in which every `{"text": …, "values": …}` has become a message again; the rest stays."""
    if isinstance(value, list):
        return [from_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: from_json(one) for key, one in value.items()}
    return Message(found["text"], found["values"]) if found.keys() == _JSON_KEYS else found
