"""`decide`: what one row needs. Its full table is generated into docs/reference/decision-table.md.

See docs/decisions/pure-rules.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mailchimpsync.addresses import normalise_address
from mailchimpsync.decide.interests import compare_interests, interests_of_new_member
from mailchimpsync.decide.situation import Decision, Holder, Member, Nobody, Situation
from mailchimpsync.decide.subscription import change_of_address, subscription_verdict
from mailchimpsync.decide.verdict import Move, Verdict
from mailchimpsync.errors import REGISTRY, Code, Retry
from mailchimpsync.model import Base, Connection, GroupStatus, MemberStatus, SyncStatus

_STATUS_ON_REMOVAL = {Move.UNSUBSCRIBE: MemberStatus.UNSUBSCRIBED, Move.ARCHIVE: MemberStatus.ARCHIVED}
_STATUS_OF_NEW_MEMBER = {Move.SUBSCRIBE: MemberStatus.SUBSCRIBED, Move.ASK_FIRST: MemberStatus.PENDING}
_STATUS_ON_RETURN = {Move.RESUBSCRIBE: MemberStatus.SUBSCRIBED, Move.ASK: MemberStatus.PENDING}


def decide(situation: Situation, connection: Connection) -> Decision:
    """Return what a row needs under a connection's policy. Pure: the same input gives the same decision."""
    verdict = subscription_verdict(situation, connection)
    decision = _decision_for(situation, connection, verdict)
    return replace(decision, adds_member=True) if verdict.adds_member else decision


def _decision_for(situation: Situation, connection: Connection, verdict: Verdict) -> Decision:
    match verdict.move:
        case Move.FAIL:
            return _failed(situation, verdict.reason)
        case Move.SUBSCRIBE | Move.ASK_FIRST:
            return _new_member(situation, connection, verdict)
        case Move.UNSUBSCRIBE | Move.ARCHIVE:
            return _decision_with_update(situation, verdict, {"status": _STATUS_ON_REMOVAL[verdict.move].value})
    if situation.member is not None and verdict.ends_subscribed:
        return _with_interests(situation, situation.member, connection, verdict)
    agreed = situation.base if verdict.move is Move.LEAVE_ALONE else _agreed(situation, subscribed=False)
    leaves_group = verdict.move is Move.REMOVE_FROM_GROUP
    groups = ((connection.group_id, GroupStatus.REMOVED),) if leaves_group else ()
    return Decision(SyncStatus.OK, verdict.reason, groups=groups, agreed=agreed)


def _with_interests(situation: Situation, member: Member, connection: Connection, verdict: Verdict) -> Decision:
    accepted = verdict.move not in _STATUS_ON_RETURN  # Mailchimp may still refuse; groups must not change before that
    changes = compare_interests(
        member,
        situation.in_civicrm,
        situation.base,
        connection.interests,
        groups_may_change=accepted,
        trust=connection.trust_interests,
    )
    groups = changes.groups
    if verdict.move is Move.ADD_TO_GROUP:
        groups = ((connection.group_id, GroupStatus.ADDED), *groups)
    update: dict[str, Any] = {}
    if verdict.move in _STATUS_ON_RETURN:
        update["status"] = _STATUS_ON_RETURN[verdict.move].value
    if changes.values:
        update["interests"] = dict(changes.values)
    agreed = Base(subscribed=True, interests=changes.agreed)
    reason = verdict.reason
    wanted = change_of_address(member, situation.in_civicrm) if verdict.move is Move.NOTHING else None
    if wanted is not None:
        if wanted.holder is Holder.ANOTHER:
            return _failed(situation, Code.ADDRESS_TAKEN)
        update["email_address"] = wanted.address
        reason = Code.CIVICRM_READDRESSED
    if reason is Code.IN_SYNC and (groups or update):
        reason = Code.INTERESTS_CHANGED
    creates = isinstance(situation.contact, Nobody)
    if update:
        sent = _decision_with_update(situation, Verdict(verdict.move, reason), update, groups=groups, agreed=agreed)
        return replace(sent, create_contact=creates)
    return Decision(SyncStatus.OK, reason, create_contact=creates, groups=groups, agreed=agreed)


def _new_member(situation: Situation, connection: Connection, verdict: Verdict) -> Decision:
    """Add a new member.

    If the member exists after all, it isn't changed: `status_if_new` leaves its status, and only ticked interests are
    sent.
    """
    interests = interests_of_new_member(situation.in_civicrm, connection.interests)
    update: dict[str, Any] = {"status_if_new": _STATUS_OF_NEW_MEMBER[verdict.move].value}
    contact = situation.in_civicrm
    names = {"FNAME": contact.first_name, "LNAME": contact.last_name}
    if any(names.values()):
        update["merge_fields"] = {tag: name for tag, name in names.items() if name}
    if any(interests.values()):
        update["interests"] = {interest: True for interest, value in interests.items() if value}
    return _decision_with_update(
        situation,
        verdict,
        update,
        agreed=Base(subscribed=True, interests=interests),
    )


def _decision_with_update(
    situation: Situation,
    verdict: Verdict,
    update: Mapping[str, Any],
    *,
    groups: tuple[tuple[int, GroupStatus], ...] = (),
    agreed: Base | None = None,
) -> Decision:
    body = {"email_address": situation.address, **update}
    if (refused := _refused_before(situation, body)) is not None:
        # Someone who isn't let back in stays unsubscribed, so their interest groups stay unchanged.
        return _failed(situation, refused, () if verdict.move in _STATUS_ON_RETURN else groups)
    return Decision(
        SyncStatus.LIVE,
        verdict.reason,
        groups=groups,
        update=body,
        agreed=agreed or _agreed(situation, subscribed=False),
    )


def _refused_before(situation: Situation, body: Mapping[str, Any]) -> Code | None:
    """Return why the same update was refused before; nothing at all is sent to a forgotten address."""
    refusal = situation.refusal
    if refusal is None or (REGISTRY[refusal.code].retry is Retry.NEXT_RUN and not refusal.is_put_off):
        return None
    if refusal.update == body or (refusal.code is Code.MC_FORGOTTEN and _same_address(refusal.update, body)):
        return refusal.code
    return None


def _same_address(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return normalise_address(one.get("email_address") or "") == normalise_address(other["email_address"] or "")


def _failed(situation: Situation, reason: Code, groups: tuple[tuple[int, GroupStatus], ...] = ()) -> Decision:
    return Decision(SyncStatus.FAIL, reason, groups=groups, agreed=situation.base)


def _agreed(situation: Situation, *, subscribed: bool) -> Base:
    return Base(subscribed=subscribed, interests=situation.base.interests)
