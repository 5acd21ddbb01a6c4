"""What a confirmed update says of its row: the columns, and what was changed. Pure.

Nearly all answers of a first sync are about newcomers, and say what was asked for. They are worked out once for all
that are alike, as decisions are (docs/decisions/deciding-by-kind.md).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from mailchimpsync.addresses import normalise_address
from mailchimpsync.decide.member_changes import hold_reason, names_before
from mailchimpsync.decide.member_facts import ObservedMember, OwnStatus, columns_of, observe_member, stored_facts
from mailchimpsync.effects import Effect, What, yes_or_no
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import SUBSCRIBED_STATUSES, Side, blank_as_empty
from mailchimpsync.store.changes.updates import SentUpdate

Body = Mapping[str, Any]
"""The member with which Mailchimp answers; nothing in it is certain."""

_history = attrgetter(
    "mailchimp_member_id",
    "mailchimp_contact_id",
    "mailchimp_email",
    "mailchimp_status",
    "mailchimp_status_date",
    "mailchimp_status_by",
    "mailchimp_updated",
    "mailchimp_data",
    "mailchimp_interests",
    "new_address",
    "names_before",
    "hold_reason",
)
_NO_HISTORY = (None,) * 12
_NOTHING: Mapping[str, Any] = {}


class Confirmation(NamedTuple):
    """What a confirmed update says of its row.

    Attributes:
        columns: those that change, except the row's status.
        in_order: nothing is left to decide.
        arrives: the contact has got a member.
        effects: what was changed, except data.
    """

    columns: Mapping[str, Any]
    in_order: bool
    arrives: bool
    effects: Sequence[Effect]


class Confirmations:
    """Works out confirmations, once for each kind of newcomer."""

    def __init__(self) -> None:
        self._kinds: dict[Hashable, Confirmation] = {}

    def of(self, update: SentUpdate, body: Body) -> Confirmation:
        """Return what it says that Mailchimp has answered an update with this member."""
        kind = _kind_of_newcomer(update, body)
        if kind is None:
            return confirmation_of(update, body)
        alike = self._kinds.get(kind)
        if alike is None:
            alike = self._kinds[kind] = confirmation_of(update, body)
            return alike
        return alike._replace(columns={**alike.columns, **_columns_of_newcomer(update, body)})


def _kind_of_newcomer(update: SentUpdate, body: Body) -> Hashable | None:
    """Return all that the answer depends on, apart from who they are; None: that is more than what is looked at here.

    Somebody of whom no member was known has got the status that they have now with this update.
    """
    sent, agreed = update.data, update.agreed
    status, linked = body.get("status"), agreed["interests"] or {}
    if (
        _history(update) != _NO_HISTORY
        or "data" in agreed
        or not isinstance(status, str)
        or not _is_later(update, body)
    ):
        return None
    wanted = sent.get("interests") or _NOTHING
    ticked = tuple(map(_mapping(body.get("interests")).get, {**linked, **wanted}))
    if not {bool}.issuperset(map(type, ticked)):
        return None
    asked = (sent.get("status"), sent.get("status_if_new"), agreed["subscribed"], update.recheck)
    return (status, *asked, tuple(linked.items()), tuple(wanted.items()), ticked)


def _is_later(update: SentUpdate, body: Body) -> bool:
    """Return whether Mailchimp says that the member was changed after the update was sent."""
    changed_at, sent_at = _date(body.get("last_changed")), update.submitted_at
    return changed_at is not None and changed_at.tzinfo is not None and sent_at is not None and changed_at >= sent_at


def _columns_of_newcomer(update: SentUpdate, body: Body) -> dict[str, Any]:
    known = _columns_of_person(update, body)
    own = {"mailchimp_status_date": known["mailchimp_updated"], "civicrm_address": update.data["email_address"]}
    return {**known, **own}


def confirmation_of(update: SentUpdate, body: Body) -> Confirmation:
    """Return the same, worked out for one update alone."""
    change = MemberUpdate.from_body(update.data)
    row = {**_member_columns(update, change, body), "recheck": False, "refusal": None}
    agreed = update.agreed["interests"] or {}
    confirmed = {key: value for key, value in agreed.items() if row["mailchimp_interests"].get(key) == value}
    row |= _address_columns(update, change, row["mailchimp_member_id"])
    as_wanted = _matches(change, row["mailchimp_status"]) and _matches_base(update, row)
    if as_wanted:
        row |= {
            "reason_detail": None,
            "base_subscribed": update.agreed["subscribed"],
            "base_interests": confirmed,
        }
    # Changes made while the update was in flight are compared with the base that it set.
    has_corrections = row["names_before"] is not None or row["hold_reason"] is not None
    is_decided = confirmed == agreed and not _has_undecided_interests(change, row, agreed)
    in_order = as_wanted and is_decided and not update.recheck and not has_corrections
    arrives = as_wanted and update.mailchimp_member_id is None
    return Confirmation(row, in_order, arrives, tuple(_effects(update, change, row)))


def _has_undecided_interests(change: MemberUpdate, row: Mapping[str, Any], agreed: Mapping[str, bool]) -> bool:
    """Return whether interests of someone who is subscribed again were left until Mailchimp had accepted that."""
    is_return = change.subscribes and not change.only_if_new
    return is_return and not row["mailchimp_interests"].keys() <= agreed.keys()


def _matches_base(update: SentUpdate, row: Mapping[str, Any]) -> bool:
    """Return whether the base still holds: an update without a status must not hide an unsubscribe meanwhile."""
    subscribed = update.agreed["subscribed"]
    return subscribed is None or subscribed == (row["mailchimp_status"] in SUBSCRIBED_STATUSES)


def _member_columns(update: SentUpdate, change: MemberUpdate, body: Body) -> dict[str, Any]:
    """Return the member's current columns: what Mailchimp returned; else what we knew, or what we sent."""
    sent = change.status_given(update.mailchimp_status)
    sent_status = sent.value if sent else None
    status = body.get("status") or sent_status or update.mailchimp_status
    changed_at = _date(body.get("last_changed"))
    ours = OwnStatus(sent_status, update.submitted_at) if sent_status else None
    before = stored_facts(update.mailchimp_status, update.mailchimp_status_date, update.mailchimp_status_by)
    facts = observe_member(before, ObservedMember(status, changed_at, _date(body.get("timestamp_opt"))), ours)
    left_alone = ours is not None and facts.made_by is None  # someone else had made the change already
    agreed = update.agreed["interests"] or {}
    interests = {**agreed, **(update.mailchimp_interests or {}), **change.interests}
    interests |= {key: value for key, value in _mapping(body.get("interests")).items() if key in interests}
    person = _columns_of_person(update, body)
    names_now = person["mailchimp_data"]
    return {
        **person,
        **columns_of(facts),
        "names_before": names_before(update.names_before, update.mailchimp_data, names_now, change.merge_fields),
        "hold_reason": hold_reason(update.hold_reason, update.mailchimp_status, status),
        "mailchimp_interests": interests,
        **({"departure": None} if status in SUBSCRIBED_STATUSES or left_alone else {}),
        **({"handed_from": None} if status in SUBSCRIBED_STATUSES and sent_status is not None else {}),
    }


def _columns_of_person(update: SentUpdate, body: Body) -> dict[str, Any]:
    known, names = update.mailchimp_data or {}, _mapping(body.get("merge_fields"))
    return {
        "mailchimp_member_id": body.get("id") or update.mailchimp_member_id,
        "mailchimp_contact_id": body.get("contact_id") or update.mailchimp_contact_id,
        "mailchimp_email": body.get("email_address") or update.mailchimp_email or update.data["email_address"],
        "mailchimp_updated": _date(body.get("last_changed")) or update.mailchimp_updated,
        "mailchimp_data": {
            "first_name": blank_as_empty(names.get("FNAME", known.get("first_name", ""))),
            "last_name": blank_as_empty(names.get("LNAME", known.get("last_name", ""))),
        },
    }


def _address_columns(update: SentUpdate, change: MemberUpdate, member_id: str | None) -> dict[str, Any]:
    """Return what changes with the address; a newer one chosen in CiviCRM is still to be sent."""
    if update.mailchimp_member_id is None:
        return {"civicrm_address": update.data["email_address"]}  # subscribed members get the best address
    if (moved := _new_address(update, change)) is None or not member_id:
        return {}
    is_newest = normalise_address(update.new_address or moved) == normalise_address(moved)
    return {"identity": f"m:{member_id}", **({"new_address": None} if is_newest else {})}


def new_address_of(update: SentUpdate) -> str | None:
    """Return the new address that an update gives its member, if any."""
    return _new_address(update, MemberUpdate.from_body(update.data))


def _new_address(update: SentUpdate, change: MemberUpdate) -> str | None:
    is_known = update.mailchimp_member_id is not None
    return change.address if is_known and change.moves(update.mailchimp_email) else None


def matches_update(data: Mapping[str, Any], status: str | None) -> bool:
    """Return whether a member has the status that an update asked for, if any."""
    return _matches(MemberUpdate.from_body(data), status)


def _matches(change: MemberUpdate, status: str | None) -> bool:
    return change.status is None or change.subscribes == (status in SUBSCRIBED_STATUSES)


def _effects(update: SentUpdate, change: MemberUpdate, row: Mapping[str, Any]) -> Iterator[Effect]:
    """Yield what a confirmed update has changed, except data."""
    if (moved := _new_address(update, change)) is not None:
        yield Effect(Side.MAILCHIMP, What.ADDRESS, "", update.mailchimp_email, moved)
    if row["mailchimp_status"] != update.mailchimp_status:
        yield Effect(Side.MAILCHIMP, What.STATUS, "", update.mailchimp_status, row["mailchimp_status"])
    before = update.mailchimp_interests or {}
    for interest, value in change.interests.items():
        if before.get(interest, False) != value:
            old = yes_or_no(before[interest]) if interest in before else None
            yield Effect(Side.MAILCHIMP, What.INTEREST, interest, old, yes_or_no(value))


def _date(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
