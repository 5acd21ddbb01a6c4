"""What reverses a run's changes to one person, so that both sides agree again on what they agreed on before. Pure.

A run makes both sides agree. Reversing only one side would leave them different, and the next run would do the same
again. So both sides are set to the opposite, which becomes the new base (docs/decisions/three-way.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailchimpsync.decide.situation import NOT_IN_GROUP
from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import SUBSCRIBED_STATUSES, ChangeKind, Connection, GroupState, GroupStatus, MemberStatus

_BY_US = re.compile(r"N/A \(Unsubscribed by (an )?admin\)", re.IGNORECASE)
"""How Mailchimp words an unsubscribe by an administrator or through the API.

See docs/reference/mailchimp-behaviour.md#what-a-member-has.
"""

_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Effects:
    """The net effect of a run on one person.

    Attributes:
        subscribed: the resulting subscription, on either side; None: unchanged.
        interests: the interests it changed; `in_groups`: those changed in CiviCRM.
        created: whether it created the contact.
        others: other changes, which aren't undone: names, addresses, holds.
    """

    subscribed: bool | None = None
    interests: Mapping[str, bool] = field(default_factory=dict)
    in_groups: frozenset[str] = frozenset()
    created: bool = False
    others: frozenset[str] = frozenset()

    @property
    def can_be_inverted(self) -> bool:
        """Return whether there is anything to undo."""
        return self.subscribed is not None or bool(self.interests)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person now."""

    status: str | None
    interests: Mapping[str, bool]
    groups: Mapping[int, GroupState]
    address: str | None
    base_interests: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Inverse:
    """The reversing change: groups, the member update, and what both sides then agree on."""

    groups: tuple[tuple[int, GroupStatus], ...]
    update: MemberUpdate
    subscribed: bool
    interests: Mapping[str, bool]

    @property
    def subscribes(self) -> bool:
        """Return whether it would subscribe a person again."""
        return self.update.status is MemberStatus.SUBSCRIBED


def effects_of(journalled: Iterable[Effect], connection: Connection) -> Effects:
    """Return the net effect of what one run journalled about one person, oldest first."""
    subscribed: bool | None = None
    interests: dict[str, bool] = {}
    in_groups: set[str] = set()
    others: set[str] = set()
    created = False
    for one in journalled:
        key, new = one.key, one.new
        if one.what is What.GROUP and new in (GroupStatus.ADDED, GroupStatus.REMOVED):
            mine = [interest for interest, group in connection.interests.items() if str(group) == key]
            interests.update(dict.fromkeys(mine, new == GroupStatus.ADDED))
            in_groups.update(mine)
            if key == str(connection.group_id):
                subscribed = new == GroupStatus.ADDED
        elif one.what is What.STATUS and (one.old in SUBSCRIBED_STATUSES) != (new in SUBSCRIBED_STATUSES):
            subscribed = new in SUBSCRIBED_STATUSES
        elif one.what is What.INTEREST and key in connection.interests and new in _YES_NO:
            interests[key] = _YES_NO[new]
        elif one.what is What.CONTACT:
            created = True
        elif one.kind is ChangeKind.CORRECT:
            others.add(one.what)
    return Effects(subscribed, interests, frozenset(in_groups), created, frozenset(others))


def inverse_of(effects: Effects, known: Known, connection: Connection) -> Inverse | None:
    """Return the change that undoes effects, or None if the person isn't as the run left them."""
    in_mailchimp = known.status in SUBSCRIBED_STATUSES
    in_group = known.groups.get(connection.group_id, NOT_IN_GROUP).is_added
    left = effects.subscribed if effects.subscribed is not None else True
    if not in_mailchimp == in_group == left:
        return None
    subscribed = not left if effects.subscribed is not None else left
    # Ticks that only mirror groups stay when a person is removed; they are compared when the person comes back.
    interests = {key: not value for key, value in effects.interests.items() if subscribed or key in effects.in_groups}
    for key, value in interests.items():
        there = known.groups.get(connection.interests[key], NOT_IN_GROUP).is_added
        if known.interests.get(key) == value or there == value:
            return None
    groups = [(connection.group_id, _status(subscribed))] if effects.subscribed is not None else []
    groups += [(connection.interests[key], _status(value)) for key, value in sorted(interests.items())]
    status = MemberStatus.SUBSCRIBED if subscribed else MemberStatus.UNSUBSCRIBED
    update = MemberUpdate(known.address, status if effects.subscribed is not None else None, interests=interests)
    agreed = {key: value for key, value in known.base_interests.items() if known.interests.get(key) == value}
    return Inverse(tuple(dict.fromkeys(groups)), update, subscribed, {**agreed, **interests})


def obstacle_to_resubscribing(status: str | None, unsubscribe_reason: str) -> Code | None:
    """Return why an undo may not subscribe a member again: an opt-out is sticky.

    Allowed are members unsubscribed or archived by an administrator or by us; not those who unsubscribed themselves,
    nor those for whom Mailchimp gives no reason. See docs/decisions/sticky-opt-outs.md.
    """
    if status is None:
        return Code.MC_MEMBER_GONE
    if status == MemberStatus.CLEANED:
        return Code.MC_BOUNCED
    if status == MemberStatus.ARCHIVED:
        return None
    by_us = status == MemberStatus.UNSUBSCRIBED and _BY_US.fullmatch(unsubscribe_reason.strip())
    return None if by_us else Code.MC_OPTED_OUT


def _status(is_in: bool) -> GroupStatus:
    return GroupStatus.ADDED if is_in else GroupStatus.REMOVED
