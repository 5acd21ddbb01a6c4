"""Answers about newcomers are worked out by kind: each says what it would say if it were the only one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from decide.ann import LINKS, day
from mailchimpsync.model import MemberStatus
from mailchimpsync.store.changes.updates import SentUpdate
from mailchimpsync.sync.updates.confirmation import Confirmations, confirmation_of

Answered = tuple[SentUpdate, Mapping[str, Any]]

SENT_AT = day(2)


def sent(about: Mapping[str, Any]) -> SentUpdate:
    return SentUpdate(**{**dict.fromkeys(SentUpdate._fields), **about})


ticks = some.dictionaries(some.sampled_from(sorted(LINKS)), some.booleans())
addresses = some.sampled_from(["ann@example.org", "Bob@example.org"])
moments = some.sampled_from([SENT_AT - timedelta(hours=1), SENT_AT, SENT_AT + timedelta(hours=1)])
times = moments.map(lambda at: at.isoformat()) | some.sampled_from([None, "", "yesterday"])
statuses = some.sampled_from([*MemberStatus, "snoozed"])


@some.composite
def updates(draw: some.DrawFn) -> SentUpdate:
    way = draw(some.sampled_from(["status", "status_if_new"]))
    data: dict[str, Any] = {"email_address": draw(addresses), way: draw(some.sampled_from(["subscribed", "pending"]))}
    if interests := draw(ticks):
        data["interests"] = interests
    known = draw(some.sampled_from([None, "unsubscribed"]))
    about = {
        "update_id": draw(some.integers(1, 9)),
        "id": draw(some.integers(1, 9)),
        "civicrm_contact_id": draw(some.sampled_from([None, 7])),
        "data": data,
        "agreed": {"subscribed": draw(some.sampled_from([True, False, None])), "interests": draw(some.none() | ticks)},
        "submitted_at": SENT_AT,
        "recheck": draw(some.booleans()),
        "mailchimp_status": known,
        "mailchimp_member_id": known and "a" * 32,
        "mailchimp_status_date": known and day(1),
    }
    return sent(about)


bodies = some.fixed_dictionaries(
    {"status": statuses},
    optional={
        "id": some.sampled_from(["a" * 32, "b" * 32]),
        "contact_id": some.sampled_from(["c1", "c2"]),
        "email_address": addresses,
        "last_changed": times,
        "timestamp_opt": times,
        "merge_fields": some.sampled_from([[], {"FNAME": "Ann"}, {"FNAME": "", "LNAME": "Lee"}]),
        "interests": ticks | some.sampled_from([[], {min(LINKS): None}, {min(LINKS): []}]),
    },
)


@given(some.lists(some.tuples(updates(), bodies), max_size=6))
def test_an_answer_means_the_same_among_others(answered: Sequence[Answered]) -> None:
    together = Confirmations()
    for update, body in answered:
        found, alone = together.of(update, body), confirmation_of(update, body)

        assert found == alone
        assert list(found.columns) == list(alone.columns)


def test_answers_of_one_kind_keep_what_each_says_of_its_person() -> None:
    together = Confirmations()
    kinds = [
        together.of(
            sent(
                {
                    "data": {"email_address": address, "status_if_new": "subscribed"},
                    "agreed": {"subscribed": True, "interests": {}},
                    "submitted_at": SENT_AT,
                    "recheck": False,
                }
            ),
            {"id": key, "email_address": address, "status": "subscribed", "last_changed": SENT_AT.isoformat()},
        )
        for key, address in [("a" * 32, "ann@example.org"), ("b" * 32, "bob@example.org")]
    ]

    assert [kind.columns["mailchimp_email"] for kind in kinds] == ["ann@example.org", "bob@example.org"]
    assert [kind.columns["mailchimp_member_id"] for kind in kinds] == ["a" * 32, "b" * 32]
    assert all(kind.in_order for kind in kinds)
