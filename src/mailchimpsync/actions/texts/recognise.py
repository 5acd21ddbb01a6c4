"""Turns sentences that were stored or raised as plain English back into a text and its values.

Plans, findings and errors come from rooms that know no translation, and some are kept for days. Their texts are listed
here, so that a screen can show them in another language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import product

from mailchimpsync.actions.texts.messages import Message
from mailchimpsync.config.changes import NO, NOTHING, OF_PART, PARTS, WHATS, YES
from mailchimpsync.data import finding_texts
from mailchimpsync.decide import limits
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.safety import guard

_PARTS: Mapping[str, tuple[str, ...]] = {
    "who": (limits.SHARE_OF,),
    "why": finding_texts.OF_GROUPS,
    "field": (OF_PART,),
    "limit": (limits.LIMIT_OF_SHARE_OF, limits.LIMIT_OF_SHARE, limits.LIMIT),
}
"""The texts that values of these names may have, the most specific first."""

_SENTENCES = (runs.ANOTHER_RUN, guard.TRUST_REASON, limits.FROM_GROUP, *limits.SENTENCES.values(), *finding_texts.TEXTS)


def known_texts() -> set[str]:
    """Return every text that can be recognised."""
    return {*_SENTENCES, *PARTS, *WHATS, *(text for some in _PARTS.values() for text in some)}


def recognise(sentence: str) -> str:
    """Return a sentence as a message with its text and values; one that isn't recognised comes back unchanged."""
    if isinstance(sentence, Message):
        return sentence
    return _match(sentence, _SENTENCES) or sentence


def recognise_change(sentence: str) -> tuple[str, str]:
    """Split a sentence of `changes` into the part of the configuration it is about ("" if not known) and the rest."""
    for part, what in product(PARTS, WHATS):
        if found := _pattern(f"{part}: {what}").fullmatch(sentence):
            values = {name: _value(name, value) for name, value in found.groupdict().items()}
            return Message.of(part, values), Message.of(what, values)
    return "", sentence


def _match(sentence: str, texts: tuple[str, ...]) -> Message | None:
    for text in texts:
        if found := _pattern(text).fullmatch(sentence):
            return Message.of(text, {name: _value(name, value) for name, value in found.groupdict().items()})
    return None


def _value(name: str, value: str) -> str:
    """A reason is a text to translate; other values stay as they are, unless they have a text of their own."""
    is_text = name == "why" or value in (YES, NO, NOTHING)
    return _match(value, _PARTS.get(name, ())) or (Message.of(value, {}) if is_text else value)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(text)))
