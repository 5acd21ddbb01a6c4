"""What changed between two configurations is said in words, and no secret is in them."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimpsync.config import Configuration, changes

KEY, OTHER = "0123456789abcdef0123456789abcdef-us1", "0000000000000000000000000000cdef-us1"


def configuration(*links: dict[str, Any], key: str = KEY, **more: Any) -> Configuration:
    accounts = {"main": {"api_key": key, "webhook_secret": "a-long-webhook-secret"}}
    return Configuration.checked({"accounts": accounts, "connections": links, **more})


def link(**more: Any) -> dict[str, Any]:
    return {
        "account": "main",
        "audience_id": "a1",
        "audience_name": "News",
        "group_id": 8,
        "group_title": "Friends",
        "interests": {"1111": 9},
        **more,
    }


NAME = "connection of audience “a1” (News ↔ Friends)"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (link(), []),
        (link(group_id=18), [f"{NAME}: subscription group from 8 to 18."]),
        (link(interests={}), [f"{NAME}: group of interest 1111 from 9 to nothing."]),
        (link(interests={"1111": 9, "2222": 10}), [f"{NAME}: group of interest 2222 from nothing to 10."]),
        (link(resubscribe="never"), [f"{NAME}: resubscribe from ask to never."]),
        (link(schedule={"every_minutes": 30}), [f"{NAME}: schedule's every_minutes from 1 to 30."]),
        (link(signing_secret="a-long-signing-secret"), [f"{NAME}: signing secret from nothing to …cret."]),
    ],
    ids=["nothing", "group", "interest dropped", "interest added", "policy", "schedule", "secret"],
)
def test_a_changed_connection_says_what_changed(after: dict[str, Any], words: list[str]) -> None:
    assert changes(configuration(link()), configuration(after)) == words


def test_connections_that_come_and_go_are_named() -> None:
    other = link(audience_id="b2", group_id=20, interests={"3333": 21}, audience_name="", group_title="")

    assert changes(configuration(link()), configuration(other)) == [
        f"{NAME}: removed.",
        "connection of audience “b2”: new, with subscription group 20, interest 3333 with group 21.",
    ]


def test_another_key_with_the_same_end_is_told_without_showing_it() -> None:
    [words] = changes(configuration(), configuration(key=OTHER))

    assert words == "account “main”: API key from …cdef-us1 to …cdef-us1 (another one that ends alike)."


def test_a_new_civicrm_is_named() -> None:
    site = {"url": "https://crm.example", "api_key": "civicrm-secret"}

    assert changes(configuration(), configuration(civicrm=site)) == ["CiviCRM: new."]


def test_yes_and_no_and_a_field_map_are_words_too() -> None:
    field_map = {"data": {"names": True, "fields": [{"merge_field": "JOB", "source": "job_title"}]}}

    assert changes(configuration(link()), configuration(link(**field_map))) == [
        f"{NAME}: data's names from no to yes.",
        f"{NAME}: data's fields from nothing to merge_field=JOB, source=job_title, valid_days=180.",
    ]


def test_each_sentence_keeps_its_part_and_what_changed_there() -> None:
    other = link(audience_id="b2", group_id=20, audience_name="", group_title="", interests={"3333": 21})
    before = configuration(link(), alerts={"late_after_hours": 24})
    after = configuration(link(group_id=18), other, key=OTHER, alerts={"late_after_hours": 12})

    assert [(one.values["part"], one.values["what"]) for one in changes(before, after)] == [
        ("account “main”", "API key from …cdef-us1 to …cdef-us1 (another one that ends alike)."),
        ("alerts", "late_after_hours from 24 to 12."),
        (NAME, "subscription group from 8 to 18."),
        ("connection of audience “b2”", "new, with subscription group 20, interest 3333 with group 21."),
    ]
