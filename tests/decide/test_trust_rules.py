"""What holds in every combination while a side is trusted: it wins, and consent stands above it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from decide.ann import Ann, in_group, sent
from mailchimpsync.decide import Decision, Gone, Situation, decide, table
from mailchimpsync.errors import Code
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import (
    SUBSCRIBED_STATUSES,
    Connection,
    GroupStatus,
    MemberStatus,
    Resubscribe,
    SyncStatus,
    Trust,
)

OPTED_OUT = {"unsubscribed", "archived", "transactional"}

Decided = tuple[Situation, Connection, Decision]


@cache
def every_decision() -> list[Decided]:
    cases = [table.subscription_case(case) for case in table.combinations(table.TRUST_DIMENSIONS)]
    return [(situation, connection, decide(situation, connection)) for situation, connection in cases]


def exceptions_to(trust: Trust, promise: Callable[[Situation, Connection, Decision], bool]) -> list[Decided]:
    """The first combinations with this trust in which a promise does not hold."""
    mine = [decided for decided in every_decision() if decided[1].trust is trust]
    assert len(mine) == 43_200
    return [decided for decided in mine if not promise(*decided)][:3]


def wanted(decision: Decision) -> str | None:
    return sent(decision).status


def is_in(situation: Situation) -> tuple[bool, bool]:
    in_group = situation.in_civicrm.group.is_added
    return situation.status in SUBSCRIBED_STATUSES, in_group


def test_nobody_is_subscribed_by_trust_who_bounced_or_has_a_status_nobody_knows_or_must_not_be_mailed() -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        off = known.status in ("cleaned", table.UNKNOWN_STATUS) or known.in_civicrm.obstacle is not None
        return not off or wanted(decided) not in SUBSCRIBED_STATUSES

    assert not exceptions_to(Trust.CIVICRM, promise)


def test_a_person_who_left_later_than_they_were_added_is_asked_at_most_and_not_even_that_against_the_base() -> None:
    def promise(known: Situation, connection: Connection, decided: Decision) -> bool:
        date = known.in_civicrm.group.date
        left = None if known.member is None else known.member.since
        if known.status not in OPTED_OUT or (date is not None and left is not None and date >= left):
            return True
        may_be_asked = connection.resubscribe is Resubscribe.ASK and not known.base.subscribed
        return wanted(decided) is None or (may_be_asked and wanted(decided) == "pending")

    assert not exceptions_to(Trust.CIVICRM, promise)


def test_a_person_who_is_not_in_the_group_is_unsubscribed_where_civicrm_is_trusted_and_the_group_gains_nobody() -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        gains = decided.create_contact or (table.GROUP_ID, GroupStatus.ADDED) in decided.groups
        return not gains and (is_in(known) != (True, False) or wanted(decided) == "unsubscribed")

    assert not exceptions_to(Trust.CIVICRM, promise)


def test_whom_mailchimp_never_had_is_subscribed_or_said_to_be_why_not() -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        never_there = known.status is None and not known.base.subscribed
        if not never_there or not is_in(known)[1]:
            return True
        return wanted(decided) == "subscribed" or decided.sync_status is SyncStatus.FAIL

    assert not exceptions_to(Trust.CIVICRM, promise)


def test_where_mailchimp_is_trusted_nothing_is_sent_there() -> None:
    assert not exceptions_to(Trust.MAILCHIMP, lambda _, __, decided: decided.update is None)


def test_the_group_is_what_mailchimp_says_but_for_second_addresses_and_contacts_that_are_gone() -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        at_mailchimp, in_group = is_in(known)
        groups = dict(decided.groups)
        after = groups.get(table.GROUP_ID, GroupStatus.ADDED if in_group else GroupStatus.REMOVED)
        if at_mailchimp != (after is GroupStatus.ADDED):
            is_in_twice = known.in_civicrm.others.subscribed and decided.reason is Code.CV_OTHER_ADDRESS
            return is_in_twice or isinstance(known.contact, Gone)
        return True

    assert not exceptions_to(Trust.MAILCHIMP, promise)


@pytest.mark.parametrize("trust", [Trust.CIVICRM, Trust.MAILCHIMP])
def test_nothing_changes_where_both_sides_agree(trust: Trust) -> None:
    def promise(known: Situation, _: Connection, decided: Decision) -> bool:
        agree = len(set(is_in(known))) == 1
        return not agree or not decided.changes_something

    assert not exceptions_to(trust, promise)


def test_ann_who_is_to_be_asked_and_was_refused_even_that_is_not_asked_again() -> None:
    ann = Ann().at_mailchimp("unsubscribed", 9).in_civicrm("Added", 1).trusting(Trust.CIVICRM)
    asked = ann.decision
    assert asked.update == MemberUpdate("ann@example.org", MemberStatus.PENDING)

    again = ann.refused(Code.MC_FORGOTTEN, asked.update.to_body()).decision

    assert (again.sync_status, again.reason) == (SyncStatus.FAIL, Code.MC_FORGOTTEN)


def test_while_ann_is_asked_her_interests_groups_stay_and_mailchimp_gets_civicrms() -> None:
    ann = Ann().at_mailchimp("unsubscribed", 9).in_civicrm("Added", 1).with_interests(news=True, events=False)
    ann.in_interest_groups(events=in_group("Added", 3)).trusting(Trust.CIVICRM, events=Trust.CIVICRM)

    assert ann.decision.groups == ()
    assert sent(ann.decision).interests == {"events": True}
