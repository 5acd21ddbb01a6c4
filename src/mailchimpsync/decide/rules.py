"""`decide`: what one row needs. Its full table is generated into docs/reference/decision-table.md.

See docs/decisions/pure-rules.md.
"""

from __future__ import annotations

from dataclasses import replace

from mailchimpsync.decide.interests import compare_interests, interests_of_new_member
from mailchimpsync.decide.member_changes import merge_fields_of
from mailchimpsync.decide.situation import Decision, Holder, Member, Nobody, Situation
from mailchimpsync.decide.subscription import change_of_address, subscription_verdict
from mailchimpsync.decide.verdict import Move, Verdict
from mailchimpsync.errors import REGISTRY, Code, Retry
from mailchimpsync.member_update import MemberUpdate
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
            update = MemberUpdate(situation.address, _STATUS_ON_REMOVAL[verdict.move])
            return _decision_with_update(situation, verdict, update)
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
    wanted = change_of_address(member, situation.in_civicrm) if verdict.move is Move.NOTHING else None
    if wanted is not None and wanted.holder is Holder.ANOTHER:
        return _failed(situation, Code.ADDRESS_TAKEN)
    update = MemberUpdate(
        wanted.address if wanted else member.address, _STATUS_ON_RETURN.get(verdict.move), interests=changes.values
    )
    is_sent = bool(wanted or update.status or update.interests)
    reason = Code.CIVICRM_READDRESSED if wanted else verdict.reason
    if reason is Code.IN_SYNC and (groups or is_sent):
        reason = Code.INTERESTS_CHANGED
    agreed = Base(subscribed=True, interests=changes.agreed)
    creates = isinstance(situation.contact, Nobody)
    if not is_sent:
        return Decision(SyncStatus.OK, reason, create_contact=creates, groups=groups, agreed=agreed)
    sent = _decision_with_update(situation, Verdict(verdict.move, reason), update, groups=groups, agreed=agreed)
    return replace(sent, create_contact=creates)


def _new_member(situation: Situation, connection: Connection, verdict: Verdict) -> Decision:
    """Add a new member.

    If the member exists after all, it isn't changed: `only_if_new` leaves its status, and only ticked interests are
    sent.
    """
    contact = situation.in_civicrm
    interests = interests_of_new_member(contact, connection.interests)
    update = MemberUpdate(
        contact.address,
        _STATUS_OF_NEW_MEMBER[verdict.move],
        only_if_new=True,
        merge_fields=merge_fields_of(contact.first_name, contact.last_name),
        interests={interest: True for interest, value in interests.items() if value},
    )
    return _decision_with_update(situation, verdict, update, agreed=Base(subscribed=True, interests=interests))


def _decision_with_update(
    situation: Situation,
    verdict: Verdict,
    update: MemberUpdate,
    *,
    groups: tuple[tuple[int, GroupStatus], ...] = (),
    agreed: Base | None = None,
) -> Decision:
    if (refused := _refused_before(situation, update)) is not None:
        # Someone who isn't let back in stays unsubscribed, so their interest groups stay unchanged.
        return _failed(situation, refused, () if verdict.move in _STATUS_ON_RETURN else groups)
    return Decision(
        SyncStatus.LIVE,
        verdict.reason,
        groups=groups,
        update=update,
        agreed=agreed or _agreed(situation, subscribed=False),
    )


def _refused_before(situation: Situation, update: MemberUpdate) -> Code | None:
    """Return why the same update was refused before; nothing at all is sent to a forgotten address."""
    refusal = situation.refusal
    if refusal is None or (REGISTRY[refusal.code].retry is Retry.NEXT_RUN and not refusal.is_put_off):
        return None
    is_forgotten = refusal.code is Code.MC_FORGOTTEN and not update.moves(refusal.update.address)
    return refusal.code if is_forgotten or refusal.update == update else None


def _failed(situation: Situation, reason: Code, groups: tuple[tuple[int, GroupStatus], ...] = ()) -> Decision:
    return Decision(SyncStatus.FAIL, reason, groups=groups, agreed=situation.base)


def _agreed(situation: Situation, *, subscribed: bool) -> Base:
    return Base(subscribed=subscribed, interests=situation.base.interests)
