"""A decision that was carried out leaves nothing to decide, whatever was known before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from decide.ann import LINKS, day
from mailchimpsync.decide import Contact, Decision, Gone, Member, Nobody, Refusal, Situation, decide
from mailchimpsync.decide.situation import Owner
from mailchimpsync.errors import Code
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import (
    Base,
    Connection,
    GroupState,
    GroupStatus,
    MadeBy,
    MemberStatus,
    Resubscribe,
    SyncStatus,
    Trust,
)

NOW = day(28)
CONNECTION = Connection("list", 1, LINKS)

dates = some.none() | some.integers(0, 20).map(lambda hours: day(1) + timedelta(hours=hours))
group_states = some.builds(GroupState, some.sampled_from([None, *GroupStatus]), dates)
interest_values = some.dictionaries(some.sampled_from(sorted(LINKS)), some.booleans())
bases = some.builds(Base, some.sampled_from([None, True, False]), some.none() | interest_values)
obstacles = some.sampled_from([None, Code.CV_ON_HOLD, Code.CV_DECEASED])
refusals = some.none() | some.builds(
    Refusal,
    some.sampled_from([Code.MC_COMPLIANCE, Code.MC_FORGOTTEN]),
    some.just(MemberUpdate("ann@example.org", MemberStatus.SUBSCRIBED)),
)


members = some.builds(
    Member,
    some.sampled_from([*MemberStatus, "snoozed"]),
    since=dates,
    made_by=some.sampled_from((None, *MadeBy)),
    changed_at=dates,
    address=some.just("ann@example.org"),
    interests=interest_values,
)
contacts = some.builds(
    Contact,
    group_states,
    some.dictionaries(some.sampled_from(sorted(LINKS)), group_states),
    address=some.just("ann@example.org"),
    obstacle=obstacles,
)
situations = some.builds(
    Situation, some.none() | members, contacts | some.just(Nobody()) | some.just(Gone()), bases, refusals
)
"""One person with one address."""


def carried_out(known: Situation, decision: Decision) -> Situation:
    """Both sides did as decided; a failed row keeps its base."""
    return replace(
        known,
        member=changed_member(known.member, decision),
        contact=changed_contact(known.contact, decision),
        base=decision.agreed,
    )


def changed_member(member: Member | None, decision: Decision) -> Member | None:
    if decision.update is None:
        return member
    status = decision.update.status
    now = member or Member("", address="ann@example.org")
    interests = {**now.interests, **decision.update.interests}
    now = replace(now, changed_at=NOW, interests=interests)
    return replace(now, status=status, since=NOW, made_by=MadeBy.US) if status not in (None, now.status) else now


def changed_contact(owner: Owner, decision: Decision) -> Owner:
    contact = owner if isinstance(owner, Contact) else Contact()
    if contact is not owner and not decision.create_contact:
        return owner
    groups = {LINKS[interest]: state for interest, state in contact.interest_groups.items()}
    groups |= {group: GroupState(status, NOW) for group, status in decision.groups}
    return replace(
        contact,
        group=groups.pop(CONNECTION.group_id, contact.group),
        interest_groups={interest: groups[group] for interest, group in LINKS.items() if group in groups},
    )


def returns(decision: Decision) -> bool:
    """Someone is subscribed again: Mailchimp may refuse, so interests that differ wait for the next decision."""
    return decision.update is not None and decision.update.subscribes and not decision.update.only_if_new


@given(situations, some.sampled_from(Resubscribe), some.sampled_from(Trust), some.sampled_from(Trust))
def test_a_second_look_changes_nothing(known: Situation, resubscribe: Resubscribe, one: Trust, other: Trust) -> None:
    trust = dict.fromkeys(LINKS, other)
    connection = replace(CONNECTION, resubscribe=resubscribe, trust=one, trust_interests=trust)
    first = decide(known, connection)

    after = carried_out(known, first)
    again = decide(after, connection)
    if returns(first):
        again = decide(carried_out(after, again), connection)

    assert not again.changes_something
    assert again.sync_status is (SyncStatus.FAIL if first.sync_status is SyncStatus.FAIL else SyncStatus.OK)


@given(situations)
def test_what_is_agreed_is_what_both_sides_then_have(known: Situation) -> None:
    first = decide(known, CONNECTION)
    after = carried_out(known, first)

    if first.sync_status is not SyncStatus.FAIL and first.agreed.subscribed:
        assert after.member is not None
        assert after.in_civicrm.group.is_added
        for interest, value in after.member.interests.items():
            if returns(first) and (first.agreed.interests or {}).get(interest) is not value:
                continue
            assert after.in_civicrm.interest_groups.get(interest, GroupState()).is_added == value
            assert (first.agreed.interests or {})[interest] == value


@given(situations)
def test_an_address_mailchimp_forgot_is_never_sent(known: Situation) -> None:
    forgotten = replace(known, refusal=Refusal(Code.MC_FORGOTTEN, MemberUpdate("ANN@example.org")))

    assert decide(forgotten, CONNECTION).update is None
