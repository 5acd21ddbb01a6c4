"""A decision that was carried out leaves nothing to decide, whatever was known before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from decide.ann import LINKS, day
from mailchimpsync.decide import Decision, Refusal, Situation, decide
from mailchimpsync.errors import Code
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
statuses = some.sampled_from([None, *MemberStatus, "snoozed"])
refusals = some.none() | some.builds(
    Refusal,
    some.sampled_from([Code.MC_COMPLIANCE, Code.MC_FORGOTTEN]),
    some.fixed_dictionaries({"email_address": some.just("ann@example.org"), "status": some.just("subscribed")}),
)


@some.composite
def situations(draw: some.DrawFn) -> Situation:
    """One person with one address; what CiviCRM says of nobody is nothing."""
    has_contact = draw(some.booleans())
    status = draw(statuses)
    known = Situation(
        mailchimp_status=status,
        mailchimp_status_date=draw(dates),
        made_by=draw(some.sampled_from((None, *MadeBy))) if status else None,
        mailchimp_date=draw(dates),
        interests=draw(interest_values) if status else {},
        has_contact=has_contact,
        contact_gone=not has_contact and draw(some.booleans()),
        base=draw(bases),
        address="ann@example.org",
        obstacle=draw(obstacles),
        refusal=draw(refusals),
    )
    if not has_contact:
        return known
    groups = some.dictionaries(some.sampled_from(sorted(LINKS)), group_states)
    return replace(known, group=draw(group_states), interest_groups=draw(groups))


def carried_out(known: Situation, decision: Decision) -> Situation:
    """Both sides did as decided; a failed row keeps its base."""
    groups = {CONNECTION.group_id: known.group}
    groups |= {LINKS[interest]: state for interest, state in known.interest_groups.items()}
    groups |= {group: GroupState(status, NOW) for group, status in decision.groups}
    update = decision.update or {}
    status = update.get("status") or update.get("status_if_new") or known.mailchimp_status
    return replace(
        known,
        mailchimp_status=status,
        mailchimp_status_date=NOW if status != known.mailchimp_status else known.mailchimp_status_date,
        made_by=MadeBy.US if status != known.mailchimp_status else known.made_by,
        mailchimp_date=NOW if update else known.mailchimp_date,
        interests={**known.interests, **update.get("interests", {})},
        has_contact=known.has_contact or decision.create_contact,
        group=groups[CONNECTION.group_id],
        interest_groups={interest: groups[group] for interest, group in LINKS.items() if group in groups},
        base=decision.agreed,
    )


@given(situations(), some.sampled_from(Resubscribe), some.sampled_from(Trust), some.sampled_from(Trust))
def test_a_second_look_changes_nothing(known: Situation, resubscribe: Resubscribe, one: Trust, other: Trust) -> None:
    trust = dict.fromkeys(LINKS, other)
    connection = replace(CONNECTION, resubscribe=resubscribe, trust=one, trust_interests=trust)
    first = decide(known, connection)

    again = decide(carried_out(known, first), connection)

    assert not again.changes_something
    assert again.sync_status is (SyncStatus.FAIL if first.sync_status is SyncStatus.FAIL else SyncStatus.OK)


@given(situations())
def test_what_is_agreed_is_what_both_sides_then_have(known: Situation) -> None:
    first = decide(known, CONNECTION)
    after = carried_out(known, first)

    if first.sync_status is not SyncStatus.FAIL and first.agreed.subscribed:
        assert after.group.is_added
        for interest, value in after.interests.items():
            assert after.interest_groups.get(interest, GroupState()).is_added == value
            assert (first.agreed.interests or {})[interest] == value


@given(situations())
def test_an_address_mailchimp_forgot_is_never_sent(known: Situation) -> None:
    forgotten = replace(known, refusal=Refusal(Code.MC_FORGOTTEN, {"email_address": "ANN@example.org"}))

    assert decide(forgotten, CONNECTION).update is None
