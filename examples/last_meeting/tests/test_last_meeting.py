"""The plugin alone: what it asks, what it says, what it warns of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from mailchimpsync.plugins import Audience, CannotTellError, MergeField, Outgoing, Person
from mailchimpsync_last_meeting import TAG, LastMeeting, Meetings

ANN, BOB = 11, 12
PLUGIN = LastMeeting()


class Civicrm:
    """Answers with the rows it is given, and counts questions."""

    may_write = False

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows, self.questions = list(rows), 0

    def call(self, entity: str, action: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:  # noqa: ARG002
        self.questions += 1
        return self.rows

    def count(self, entity: str, where: list[list[Any]]) -> int:
        raise NotImplementedError

    def multi(self, calls: Mapping[str, tuple[str, str, Mapping[str, Any]]]) -> Mapping[str, Any]:
        raise NotImplementedError


def audience(**options: Any) -> Audience:
    return Audience("a1b2c3d4e5", 8, datetime(2026, 11, 20, tzinfo=UTC), options)


def person(contact_id: int) -> Person:
    return Person(contact_id, "a1b2c3d4e5", "somebody@example.org", "subscribed")


def test_many_contacts_are_one_question() -> None:
    civicrm = Civicrm({"contact_id": ANN, "last": "2026-11-02 18:00:00"}, {"contact_id": BOB, "last": None})

    prepared = PLUGIN.prepare(audience(merge_field="LASTMET", months=2), civicrm, list(range(10_000)))

    assert prepared == Meetings("LASTMET", {ANN: "2026-11-02"}, "2026-09-21")
    assert civicrm.questions == 1


def test_who_was_met_lately_has_the_tag_and_who_was_not_has_none() -> None:
    prepared = Meetings("LASTMET", {ANN: "2026-11-02", BOB: "2024-01-01"}, "2026-09-21")

    assert PLUGIN.compute(person(ANN), prepared) == Outgoing({"LASTMET": "2026-11-02"}, tags=[TAG])
    assert PLUGIN.compute(person(BOB), prepared) == Outgoing({"LASTMET": "2024-01-01"}, tags=[])
    assert PLUGIN.compute(person(13), prepared) == Outgoing({"LASTMET": None}, tags=[])


def test_without_its_option_it_can_t_tell() -> None:
    with pytest.raises(CannotTellError, match="merge_field"):
        PLUGIN.prepare(audience(), Civicrm(), [ANN])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, 'The option merge_field is missing. Name a merge field: merge_field = "LASTMET".'),
        ({"merge_field": "NOSUCH"}, "The audience has no merge field NOSUCH."),
        (
            {"merge_field": "SHOESIZE"},
            "The merge field SHOESIZE is of type number; a date needs the type date or text.",
        ),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], words: str) -> None:
    fields = [MergeField("LASTMET", "Last met", "date"), MergeField("SHOESIZE", "Shoe size", "number")]

    assert list(PLUGIN.validate(audience(**options), fields)) == [words]
    assert list(PLUGIN.validate(audience(merge_field="LASTMET"), fields)) == []
