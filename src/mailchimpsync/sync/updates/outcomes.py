"""The effect of one update's result on its row: confirmed, refused, or to be retried in another form.

See docs/decisions/failures-stay-alone.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailchimpsync.addresses import normalise_address
from mailchimpsync.decide.member_changes import hold_reason, names_before
from mailchimpsync.decide.member_facts import ObservedMember, OwnStatus, columns_of, observe_member, stored_facts
from mailchimpsync.effects import Effect, What, yes_or_no
from mailchimpsync.errors import ACCESS_CODES, LASTING_AFTER, TRANSIENT_CODES, Code
from mailchimpsync.mailchimp import OperationResult, classify_refusal, refusal_detail, refused_fields
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import SUBSCRIBED_STATUSES, MemberStatus, Side, SyncStatus, blank_as_empty
from mailchimpsync.store.changes.updates import SentUpdate
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.schema import json_text
from mailchimpsync.sync.context import About, Work
from mailchimpsync.sync.updates.member_data import (
    carries_only_data,
    confirmed_row,
    pending_again_row,
    refused_by_name,
    row_of_refused_data,
    sent_data,
    tags_after_member,
    without_merge_fields,
    without_refused_fields,
)
from mailchimpsync.sync.updates.refusals import mailchimp_refusal, refuse_temporarily

OK_STATUS = range(200, 300)


@dataclass(slots=True)
class ResultEffects:
    """The changes that the results of some updates make here, read at `now`."""

    now: datetime
    rows: list[dict[str, Any]] = field(default_factory=list)
    completed: list[tuple[int, str | None]] = field(default_factory=list)
    retries: list[dict[str, Any]] = field(default_factory=list)
    entries: list[NewEntry] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)
    known_data: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    arrived: list[int] = field(default_factory=list)
    confirmed: int = 0
    failed: int = 0
    tried_again: int = 0
    access_refused: Counter[Code] = field(default_factory=Counter)
    refused: list[tuple[int | None, int]] = field(default_factory=list)
    """The run and row of each refused update, temporary refusals included."""


def is_opt_out(result: OperationResult) -> bool:
    """Return whether Mailchimp refused an update because the person has unsubscribed."""
    refused = result.status_code not in OK_STATUS
    return refused and classify_refusal(result.status_code, result.body) is Code.MC_COMPLIANCE


def apply_result(work: Work, update: SentUpdate, result: OperationResult, outcome: ResultEffects) -> None:
    """Add the effects of a result on its update and row to an outcome."""
    if result.status_code in OK_STATUS:
        _confirm(work, update, result, outcome)
        return
    code = classify_refusal(result.status_code, result.body)
    if code is Code.MC_DUPLICATE and new_address_of(update) is not None:
        code = Code.ADDRESS_TAKEN
    if code in TRANSIENT_CODES:
        _try_again(work, update, result, code, outcome)
        return
    detail = refusal_detail(result.body)
    if code is Code.MC_FIELD and (tags := refused_by_name(update, refused_fields(result.body))):
        _retry_without_fields(work, update, result.status_code, detail, tags, outcome)
        return
    if carries_only_data(update):
        _refuse_data(work, update, result.status_code, code, detail, outcome)
        return
    other_way = _fallback_update(update, code)
    error = json_text({"code": code.value, "status": result.status_code, "detail": detail})
    outcome.completed.append((update.update_id, error))
    outcome.entries.append(mailchimp_refusal(work, update, result.status_code, code))
    if other_way is not None:
        if "data" in update.agreed and other_way["agreed"] != update.agreed:
            outcome.data.append(row_of_refused_data(update, detail))
        outcome.retries.append({**other_way, "created_date": work.runtime.now()})
        outcome.rows.append({"id": update.id, "sync_status": SyncStatus.REDO.value})
        return
    outcome.failed += 1
    outcome.refused.append((update.update_run_id, update.id))
    outcome.rows.append(_failed_row(update, code, detail, work.runtime.now()))


def _try_again(work: Work, update: SentUpdate, result: OperationResult, code: Code, outcome: ResultEffects) -> None:
    """Retry after a temporary refusal; data alone waits as it did before it was sent."""
    outcome.access_refused.update({code} & ACCESS_CODES)
    outcome.tried_again += 1
    outcome.refused.append((update.update_run_id, update.id))
    if carries_only_data(update):
        outcome.data.append(pending_again_row(update))
    detail = refusal_detail(result.body)
    error = json_text({"code": code.value, "status": result.status_code, "detail": detail})
    outcome.completed.append((update.update_id, error))
    row = refuse_temporarily(update, code, detail, work.runtime.now())
    outcome.rows.append(row)
    if row["refusal"]["times"] <= LASTING_AFTER:
        outcome.entries.append(mailchimp_refusal(work, update, result.status_code, code))


def _retry_without_fields(
    work: Work, update: SentUpdate, status: int, detail: str, tags: Sequence[str], outcome: ResultEffects
) -> None:
    """Retry without the refused fields: one value that Mailchimp refuses must not hold back the rest."""
    error = {"code": Code.MC_FIELD.value, "status": status, "detail": detail}
    outcome.completed.append((update.update_id, json_text(error)))
    outcome.entries.append(mailchimp_refusal(work, update, status, Code.MC_FIELD))
    outcome.data.append(row_of_refused_data(update, detail, tags))
    outcome.retries.append({**without_refused_fields(work, update, tags), "created_date": work.runtime.now()})
    outcome.rows.append({"id": update.id, "sync_status": SyncStatus.REDO.value})


def _refuse_data(work: Work, update: SentUpdate, status: int, code: Code, detail: str, outcome: ResultEffects) -> None:
    """Refuse data only: the row stays as it was; the same data isn't sent again."""
    outcome.failed += 1
    outcome.refused.append((update.update_run_id, update.id))
    outcome.completed.append((update.update_id, json_text({"code": code.value, "status": status, "detail": detail})))
    outcome.entries.append(mailchimp_refusal(work, update, status, code))
    outcome.data.append(row_of_refused_data(update, detail))
    sync_status = SyncStatus.TODO if update.recheck else SyncStatus.OK
    outcome.rows.append({"id": update.id, "sync_status": sync_status.value, "recheck": False})


def _fallback_update(update: SentUpdate, code: Code) -> dict[str, Any] | None:
    """Return the update to try instead, once.

    After a compliance refusal that is `pending`, so that Mailchimp asks the person to confirm
    (docs/reference/php-extension.md#compliance); after a refusal of merge fields, the same without those of plugins,
    then without the check of required ones.
    """
    if code is Code.MC_FIELD and (without := without_merge_fields(update)) is not None:
        return without
    tries = update.attempt["tries"]
    data = dict(update.data)
    if code is Code.MC_COMPLIANCE and MemberStatus.PENDING not in tries:
        wanted = next((key for key in ("status", "status_if_new") if data.get(key) == MemberStatus.SUBSCRIBED), None)
        if wanted is None:
            return None
        data[wanted] = MemberStatus.PENDING.value
        tries = [*tries, MemberStatus.PENDING.value]
    elif code is Code.MC_FIELD and "skip_merge_validation" not in tries:
        tries = [*tries, "skip_merge_validation"]
    else:
        return None
    return {
        "mailchimpsync_cache_id": update.id,
        "data": data,
        "attempt": {**update.attempt, "tries": tries},
        "agreed": update.agreed,
        "open_row": update.id,
        "run_id": update.update_run_id,
    }


def _failed_row(update: SentUpdate, code: Code, detail: str, now: datetime) -> dict[str, Any]:
    return {
        "id": update.id,
        "sync_status": (SyncStatus.TODO if update.recheck else SyncStatus.FAIL).value,
        "recheck": False,
        "reason": code.value,
        "reason_detail": detail,
        "refusal": {"code": code.value, "update": update.attempt["decided"], "at": now.isoformat()},
    }


def _confirm(work: Work, update: SentUpdate, result: OperationResult, outcome: ResultEffects) -> None:
    outcome.completed.append((update.update_id, None))
    outcome.confirmed += 1
    change = MemberUpdate.from_body(update.data)
    row = {**_member_columns(update, change, result.body), "id": update.id, "recheck": False, "refusal": None}
    agreed = update.agreed["interests"] or {}
    confirmed = {key: value for key, value in agreed.items() if row["mailchimp_interests"].get(key) == value}
    row |= _address_columns(update, change, row["mailchimp_member_id"])
    as_wanted = _matches(change, row["mailchimp_status"]) and _matches_base(update, row)
    if as_wanted and update.mailchimp_member_id is None and update.civicrm_contact_id is not None:
        outcome.arrived.append(update.civicrm_contact_id)
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
    row["sync_status"] = (SyncStatus.OK if in_order else SyncStatus.TODO).value
    if update.id in outcome.known_data:
        outcome.data.append(confirmed_row(update, outcome.known_data[update.id]))
        if in_order and (tags := tags_after_member(work, update)) is not None:
            outcome.retries.append({**tags, "created_date": work.runtime.now()})
            row["sync_status"] = SyncStatus.LIVE.value
    outcome.rows.append(row)
    about = About(update.id, update.civicrm_contact_id, row["mailchimp_member_id"], update.update_run_id)
    reason, answer = update.reason or Code.CIVICRM_ADDED, str(result.status_code)
    done = [(reason, effect) for effect in _effects(update, change, row)]
    done += [(Code.DATA_CHANGED, effect) for effect in sent_data(update)]
    outcome.entries += [work.entry(about, effect, why, answer, outcome.now) for why, effect in done]


def _has_undecided_interests(change: MemberUpdate, row: Mapping[str, Any], agreed: Mapping[str, bool]) -> bool:
    """Return whether interests of someone who is subscribed again were left until Mailchimp had accepted that."""
    is_return = change.subscribes and not change.only_if_new
    return is_return and not row["mailchimp_interests"].keys() <= agreed.keys()


def _matches_base(update: SentUpdate, row: Mapping[str, Any]) -> bool:
    """Return whether the base still holds: an update without a status must not hide an unsubscribe meanwhile."""
    subscribed = update.agreed["subscribed"]
    return subscribed is None or subscribed == (row["mailchimp_status"] in SUBSCRIBED_STATUSES)


def _member_columns(update: SentUpdate, change: MemberUpdate, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the member's current columns: what Mailchimp returned; else what we knew, or what we sent."""
    sent = change.status_given(update.mailchimp_status)
    sent_status = sent.value if sent else None
    status = body.get("status") or sent_status or update.mailchimp_status
    changed_at = _date(body.get("last_changed"))
    ours = OwnStatus(sent_status, update.submitted_at) if sent_status else None
    before = stored_facts(update.mailchimp_status, update.mailchimp_status_date, update.mailchimp_status_by)
    facts = observe_member(before, ObservedMember(status, changed_at, _date(body.get("timestamp_opt"))), ours)
    left_alone = ours is not None and facts.made_by is None  # someone else had made the change already
    known = update.mailchimp_data or {}
    agreed = update.agreed["interests"] or {}
    interests = {**agreed, **(update.mailchimp_interests or {}), **change.interests}
    interests |= {key: value for key, value in _mapping(body.get("interests")).items() if key in interests}
    names = _mapping(body.get("merge_fields"))
    names_now = {
        "first_name": blank_as_empty(names.get("FNAME", known.get("first_name", ""))),
        "last_name": blank_as_empty(names.get("LNAME", known.get("last_name", ""))),
    }
    member_id = body.get("id") or update.mailchimp_member_id
    return {
        "mailchimp_member_id": member_id,
        "mailchimp_contact_id": body.get("contact_id") or update.mailchimp_contact_id,
        "mailchimp_email": body.get("email_address") or update.mailchimp_email or update.data["email_address"],
        **columns_of(facts),
        "mailchimp_updated": changed_at or update.mailchimp_updated,
        "mailchimp_data": names_now,
        "names_before": names_before(update.names_before, update.mailchimp_data, names_now, change.merge_fields),
        "hold_reason": hold_reason(update.hold_reason, update.mailchimp_status, status),
        "mailchimp_interests": interests,
        **({"departure": None} if status in SUBSCRIBED_STATUSES or left_alone else {}),
        **({"handed_from": None} if status in SUBSCRIBED_STATUSES and sent_status is not None else {}),
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
