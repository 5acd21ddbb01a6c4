"""Interests and their groups, for a row that ends up subscribed.

See docs/reference/php-extension.md#interests-of-a-member and docs/decisions/three-way.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailchimpsync.decide.situation import NOT_IN_GROUP, Contact, Member
from mailchimpsync.decide.winner import winner
from mailchimpsync.model import Base, GroupStatus, Side, Trust

NO_TRUST: Mapping[str, Trust] = {}
_TRUSTED = {Trust.CIVICRM: Side.CIVICRM, Trust.MAILCHIMP: Side.MAILCHIMP}


@dataclass(frozen=True, slots=True)
class InterestChanges:
    """Group changes for CiviCRM, values for Mailchimp, and the base once both are done, by interest id."""

    groups: tuple[tuple[int, GroupStatus], ...]
    values: Mapping[str, bool]
    agreed: Mapping[str, bool]


def interests_of_new_member(contact: Contact, links: Mapping[str, int]) -> dict[str, bool]:
    """Return every linked interest with its group's value, to send when the member is created."""
    return {interest: contact.interest_groups.get(interest, NOT_IN_GROUP).is_added for interest in links}


def compare_interests(
    member: Member,
    contact: Contact,
    base: Base,
    links: Mapping[str, int],
    *,
    groups_may_change: bool = True,
    trust: Mapping[str, Trust] = NO_TRUST,
) -> InterestChanges:
    """Compare each linked interest that has a value at Mailchimp with its group.

    If `groups_may_change` is false, group changes are left for a later run. A trusted side always wins.
    """
    groups: list[tuple[int, GroupStatus]] = []
    values: dict[str, bool] = {}
    before = base.interests or {}
    agreed = dict(before)
    for interest, group_id in links.items():
        value = member.interests.get(interest)
        if value is None:
            continue
        group = contact.interest_groups.get(interest, NOT_IN_GROUP)
        if value == group.is_added:
            agreed[interest] = value
        elif _winner(member, contact, interest, base=before.get(interest), value=value, trust=trust) is Side.MAILCHIMP:
            if groups_may_change:
                groups.append((group_id, GroupStatus.ADDED if value else GroupStatus.REMOVED))
                agreed[interest] = value
        else:
            values[interest] = group.is_added
            agreed[interest] = group.is_added
    return InterestChanges(tuple(groups), values, agreed)


def _winner(
    member: Member, contact: Contact, interest: str, *, base: bool | None, value: bool, trust: Mapping[str, Trust]
) -> Side:
    if (trusted := _TRUSTED.get(trust.get(interest, Trust.NONE))) is not None:
        return trusted
    group = contact.interest_groups.get(interest, NOT_IN_GROUP)
    side = winner(in_mailchimp=value, base=base, group=group, mailchimp_date=member.changed_at)
    is_never_ticked = base is None and not value and interest in contact.others.interests
    # One contact has two members and there is no base yet: the member that has the interest agrees with the group.
    return Side.CIVICRM if is_never_ticked else side
