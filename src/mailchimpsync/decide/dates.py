"""Which dates decided: both sides differ, nothing was agreed before, and the later date won.

That is how the first sync decides, and dates are weak evidence: Mailchimp moves a member's date with any edit. So these
decisions are worth a look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailchimpsync.decide.situation import NOT_IN_GROUP, Contact, Member, Situation
from mailchimpsync.decide.subscription import subscription_verdict
from mailchimpsync.model import Connection, GroupState, Trust

_A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class DecidingDates:
    """The dates of both sides, of which the later one decided about a group and its counterpart at Mailchimp."""

    group_id: int
    mailchimp: datetime
    civicrm: datetime


def deciding_dates(situation: Situation, connection: Connection) -> Sequence[DecidingDates]:
    """Return the dates that alone decided about a row: first those of its subscription, then those of interests."""
    member, contact = situation.member, situation.contact
    if member is None or not isinstance(contact, Contact):
        return ()
    return (*_of_subscription(situation, member, contact, connection), *_of_interests(situation, member, connection))


def _of_subscription(
    situation: Situation, member: Member, contact: Contact, connection: Connection
) -> Iterator[DecidingDates]:
    """A date decided if the verdict were another one with the dates the other way round."""
    date = contact.group.date
    if situation.base.subscribed is not None or date is None or member.since is None:
        return
    before, after = (
        subscription_verdict(replace(situation, member=replace(member, since=since)), connection)
        for since in (date - _A_MOMENT, date + _A_MOMENT)
    )
    if before != after:
        yield DecidingDates(connection.group_id, member.since, date)


def _of_interests(situation: Situation, member: Member, connection: Connection) -> Iterator[DecidingDates]:
    if member.changed_at is None or not subscription_verdict(situation, connection).ends_subscribed:
        return
    agreed = situation.base.interests or {}
    for interest, group_id in connection.interests.items():
        group = situation.in_civicrm.interest_groups.get(interest, NOT_IN_GROUP)
        is_open = agreed.get(interest) is None and connection.trust_interests.get(interest, Trust.NONE) is Trust.NONE
        value = member.interests.get(interest)
        is_open = is_open and (value is not False or interest not in situation.in_civicrm.others.interests)
        if is_open and group.date is not None and _differs(value, group):
            yield DecidingDates(group_id, member.changed_at, group.date)


def _differs(value: bool | None, group: GroupState) -> bool:
    return value is not None and group.status is not None and value != group.is_added
