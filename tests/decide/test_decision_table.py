"""The whole table: it is as checked in, it leaves no combination out, and it keeps every promise in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from decide.ann import sent
from mailchimpsync.decide import Contact, Decision, Gone, Nobody, Situation, decide, table
from mailchimpsync.decide.winner import later
from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.model import (
    SUBSCRIBED_STATUSES,
    Connection,
    GroupStatus,
    MemberStatus,
    NewMembers,
    Resubscribe,
    Side,
    SyncStatus,
)

HERE = Path(__file__).parent
OPTED_OUT = {"unsubscribed", "archived", "transactional"}

Decided = tuple[Situation, Connection, Decision]


@cache
def every_decision() -> list[Decided]:
    cases = [table.subscription_case(case) for case in table.combinations(table.DIMENSIONS)]
    cases += [table.interest_case(case) for case in table.combinations(table.INTEREST_DIMENSIONS)]
    return [(situation, connection, decide(situation, connection)) for situation, connection in cases]


def exceptions_to(promise: Callable[[Situation, Connection, Decision], bool]) -> list[Decided]:
    """The first combinations in which a promise does not hold."""
    return [decided for decided in every_decision() if not promise(*decided)][:3]


def subscribes(decision: Decision) -> bool:
    return sent(decision).subscribes


def unsubscribes(decision: Decision) -> bool:
    return sent(decision).status == "unsubscribed"


def removes(decision: Decision, group_id: int) -> bool:
    return (group_id, GroupStatus.REMOVED) in decision.groups


def since(situation: Situation) -> datetime | None:
    return None if situation.member is None else situation.member.since


def agree(situation: Situation) -> bool:
    at_mailchimp = situation.status in SUBSCRIBED_STATUSES
    in_civicrm = situation.in_civicrm.group.is_added
    return at_mailchimp == in_civicrm


@pytest.mark.parametrize("name", sorted(file.name for file in HERE.glob("*.csv")))
def test_the_rules_are_those_that_were_checked_in(name: str) -> None:
    written = (HERE / name).read_text(encoding="utf-8")

    assert written == table.golden_files()[name], "run: python -m mailchimpsync.decide.table tests/decide"


def expanded(
    dimensions: dict[str, tuple[str, ...]], lines: table.Lines
) -> Iterator[tuple[table.Key, table.TableEntry]]:
    for key, outcome in lines:
        words = {
            name: values if word == table.ANY else word.split(" | ")
            for word, (name, values) in zip(key, dimensions.items(), strict=True)
        }
        for case in table.combinations(words):
            yield tuple(case.values()), outcome


def test_the_short_table_says_every_combination_exactly_once() -> None:
    cells = table.subscriptions()
    said = list(expanded(dict(table.DIMENSIONS), table.collapse(cells)))

    assert len(said) == len(cells) == 43_200
    assert dict(said) == cells


def test_nobody_is_subscribed_again_whose_address_bounced() -> None:
    assert not exceptions_to(lambda known, _, decided: known.status != "cleaned" or not subscribes(decided))


def test_nobody_is_subscribed_again_from_a_status_nobody_knows() -> None:
    assert not exceptions_to(lambda known, _, decided: known.status != table.UNKNOWN_STATUS or not subscribes(decided))


def test_nobody_is_subscribed_who_must_not_be_mailed() -> None:
    assert not exceptions_to(lambda known, _, decided: known.in_civicrm.obstacle is None or not subscribes(decided))


def test_nobody_is_subscribed_but_for_being_in_the_group() -> None:
    assert not exceptions_to(lambda known, _, decided: known.in_civicrm.group.is_added or not subscribes(decided))


def test_a_person_who_left_comes_back_only_by_an_added_that_is_known_to_be_as_new_and_never_against_the_base() -> None:
    def promise(known: Situation, connection: Connection, decided: Decision) -> bool:
        if known.status not in OPTED_OUT or not subscribes(decided):
            return True
        left_at, added_at = since(known), known.in_civicrm.group.date
        is_newer = left_at is not None and added_at is not None and added_at >= left_at
        return is_newer and not known.base.subscribed and connection.resubscribe is Resubscribe.ASK

    assert not exceptions_to(promise)


def test_a_member_that_another_contact_got_is_mailed_only_if_that_one_is_in_the_group() -> None:
    for case in table.combinations(table.DIMENSIONS):
        known, connection = table.subscription_case(case)
        member = None if known.member is None else replace(known.member, handed_over=True)
        decided = decide(replace(known, member=member), connection)

        is_subscribed = known.member is not None and known.member.is_subscribed
        if is_subscribed and isinstance(known.contact, Contact) and not known.contact.group.is_added:
            assert unsubscribes(decided)
            assert decided.reason is Code.CIVICRM_HANDED_OVER
        else:
            assert decided == decide(known, connection)


def test_one_whom_we_took_off_comes_back_only_by_an_added_of_civicrms_that_nothing_newer_outranks() -> None:
    for case in table.combinations(table.RETURN_DIMENSIONS):
        known, connection = table.return_case(case)
        if not subscribes(decide(known, connection)):
            continue
        assert case["at_mailchimp"] in OPTED_OUT
        assert known.in_civicrm.group.is_added
        assert known.in_civicrm.group.date is not None
        assert (case["other_row"], case["obstacle"]) == (table.NONE, table.NONE)
        is_newer = later(known.in_civicrm.group, since(known)) is Side.CIVICRM
        assert is_newer or known.base.subscribed is False


def test_one_whom_we_took_off_before_they_confirmed_is_only_asked() -> None:
    for case in table.combinations({**table.RETURN_DIMENSIONS, "made_by": ("us-unconfirmed",)}):
        decided = decide(*table.return_case(case))

        assert sent(decided).status in (None, "pending")


def test_a_person_who_left_with_one_address_is_not_subscribed_with_another() -> None:
    assert not exceptions_to(lambda known, _, decided: not known.in_civicrm.others.left or not subscribes(decided))


def test_where_mailchimp_asks_first_only_who_was_subscribed_before_is_subscribed_unasked() -> None:
    for case in table.combinations(table.NEW_MEMBER_DIMENSIONS):
        decided = decide(*table.new_member_case(case))

        if case["new_members"] == "confirm" and sent(decided).status == "subscribed":
            assert case["taken_off"] == "by us"
            assert case["at_mailchimp"] != table.NONE


def test_asking_first_changes_nothing_but_that_people_are_asked() -> None:
    for situation, connection, decided in every_decision():
        asking = decide(situation, replace(connection, new_members=NewMembers.CONFIRM))
        asked = sent(decided)
        if asked.status is MemberStatus.SUBSCRIBED:
            asked = asked._replace(status=MemberStatus.PENDING)

        assert replace(asking, update=None) == replace(decided, update=None)
        assert sent(asking) in (sent(decided), asked)


def test_a_new_address_of_who_was_off_the_list_is_only_subscribed_if_mail_had_bounced_or_we_took_them_off() -> None:
    for case in table.combinations(table.ARRIVAL_DIMENSIONS):
        decided = decide(*table.arrival_case(case))

        if sent(decided).status == "subscribed" and sent(decided).only_if_new:
            assert case["other_row"] in ("cleaned", "taken off by us")
            assert case["other_left"] == "no"


def test_a_new_address_is_added_for_who_is_in_the_group_and_can_not_be_renamed() -> None:
    for case in table.combinations(table.ADDRESS_DIMENSIONS):
        decided = decide(*table.address_case(case))

        if decided.adds_member:
            assert (case["in_civicrm"], case["new_address"]) == ("Added", "free")
            assert case["at_mailchimp"] != "subscribed"
        if sent(decided).address == table.NEW_ADDRESS:
            assert case["at_mailchimp"] == "subscribed"


def test_nobody_gets_mail_twice_because_of_a_second_address_that_left() -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        left = known.status in OPTED_OUT
        return not (left and known.in_civicrm.others.subscribed and subscribes(decided))

    assert not exceptions_to(promise)


def test_nobody_is_unsubscribed_unless_civicrm_says_that_they_left_and_said_so_last() -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        if not unsubscribes(decided):
            return True
        has_left = known.in_civicrm.group.status not in (None, GroupStatus.ADDED)
        changed_since_base = known.base.subscribed is True
        is_newer = later(known.in_civicrm.group, since(known)) is Side.CIVICRM
        return has_left and known.status in SUBSCRIBED_STATUSES and (changed_since_base or is_newer)

    assert not exceptions_to(promise)


def test_nobody_is_removed_from_the_group_unless_mailchimp_says_that_they_left_and_said_so_last() -> None:
    def promise(known: Situation, connection: Connection, decided: Decision) -> bool:
        if not removes(decided, connection.group_id):
            return True
        has_left = known.status not in SUBSCRIBED_STATUSES
        is_known = known.status is not None
        is_newer = is_known and later(known.in_civicrm.group, since(known)) is Side.MAILCHIMP
        return has_left and not known.in_civicrm.others.subscribed and (known.base.subscribed is True or is_newer)

    assert not exceptions_to(promise)


def test_nobody_is_removed_from_an_interests_group_unless_mailchimp_has_the_interest_as_no() -> None:
    def promise(known: Situation, connection: Connection, decided: Decision) -> bool:
        return all(
            known.member is not None and known.member.interests.get(interest) is False
            for interest, group_id in connection.interests.items()
            if removes(decided, group_id)
        )

    assert not exceptions_to(promise)


def test_nothing_is_written_where_both_sides_agree() -> None:
    def promise(known: Situation, connection: Connection, decided: Decision) -> bool:
        return bool(connection.interests) or not agree(known) or not decided.changes_something

    assert not exceptions_to(promise)


def test_a_base_is_only_what_both_sides_will_agree_on() -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        if decided.sync_status is SyncStatus.FAIL:
            return decided.agreed == known.base
        joins = (1, GroupStatus.ADDED) in decided.groups or (agree(known) and known.status in SUBSCRIBED_STATUSES)
        return decided.agreed.subscribed == (joins or subscribes(decided))

    assert not exceptions_to(promise)


def test_a_row_waits_for_mailchimp_exactly_if_something_is_sent_there() -> None:
    assert not exceptions_to(
        lambda _, __, decided: (decided.sync_status is SyncStatus.LIVE) == (decided.update is not None)
    )


def test_a_row_that_fails_sends_nothing_and_creates_nobody() -> None:
    assert not exceptions_to(
        lambda _, __, decided: (
            decided.sync_status is not SyncStatus.FAIL or (decided.update is None and not decided.create_contact)
        )
    )


def test_a_contact_is_made_exactly_for_subscribed_members_nobody_owns() -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        is_unowned = isinstance(known.contact, Nobody)
        return decided.create_contact == (is_unowned and known.status in SUBSCRIBED_STATUSES)

    assert not exceptions_to(promise)


def test_nobody_who_was_deleted_in_civicrm_is_created_again_or_changed_at_mailchimp() -> None:
    assert not exceptions_to(
        lambda known, _, decided: not isinstance(known.contact, Gone) or not decided.changes_something
    )


def test_every_update_says_whom_it_is_for() -> None:
    assert not exceptions_to(
        lambda known, _, decided: decided.update is None or decided.update.address == known.address
    )


def test_every_reason_is_explained() -> None:
    reasons = {decided.reason for _, _, decided in every_decision()}

    assert reasons <= set(REGISTRY)
    assert Code.MC_OPTED_OUT in reasons


def test_the_same_situation_gives_the_same_decision() -> None:
    assert not exceptions_to(lambda known, connection, decided: decide(known, connection) == decided)
