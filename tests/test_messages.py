"""A message is a value: an English sentence that keeps its text and its values."""

from __future__ import annotations

from copy import deepcopy

import pytest

from mailchimpsync.messages import Message, from_json, in_language, join, reason_of, say, to_json

GERMAN = {"%(who)s was added to %(group)s.": "%(who)s kam in %(group)s.", "a new group": "eine neue Gruppe"}


def german(text: str) -> str:
    return GERMAN.get(text, text)


ADDED = say("%(who)s was added to %(group)s.", who="Ann", group=say("a new group"))


def test_a_message_is_its_english_sentence() -> None:
    assert ADDED == "Ann was added to a new group."
    assert Message(ADDED, {"who": "Bob", "group": 8}) == "Bob was added to 8."


def test_it_is_translated_with_the_messages_among_its_values() -> None:
    assert in_language(ADDED, german) == "Ann kam in eine neue Gruppe."
    assert in_language(join("; ", [ADDED, "a new group"]), german) == "Ann kam in eine neue Gruppe.; a new group"


@pytest.mark.parametrize("copied", [deepcopy(ADDED), from_json(to_json(ADDED))], ids=["copy", "JSON"])
def test_a_copy_and_json_keep_its_text_and_values(copied: Message) -> None:
    assert (copied, copied.text, copied.values) == (ADDED, ADDED.text, ADDED.values)
    assert in_language(copied, german) == in_language(ADDED, german)


def test_json_with_messages_in_it_comes_back_and_sentences_of_older_versions_stay_as_they_are() -> None:
    stored = {"why": [ADDED, "An older sentence with 100%."], "number": 3, "values": {"text": None}}

    assert from_json(to_json(stored)) == stored
    assert isinstance(from_json(to_json(stored))["why"][0], Message)
    assert not isinstance(from_json(to_json(stored))["why"][1], Message)


def test_an_exception_gives_back_the_message_that_it_was_raised_with() -> None:
    assert reason_of(ValueError(ADDED)) is ADDED
    assert reason_of(OSError(2, "no such file")) == "[Errno 2] no such file"
