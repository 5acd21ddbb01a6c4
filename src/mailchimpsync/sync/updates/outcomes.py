"""The effect of one update's result on its row: confirmed, refused, or to be retried in another form.

See docs/decisions/failures-stay-alone.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailchimpsync.errors import ACCESS_CODES, LASTING_AFTER, TRANSIENT_CODES, Code
from mailchimpsync.mailchimp import OperationResult, classify_refusal, refusal_detail, refused_fields
from mailchimpsync.model import MemberStatus, SyncStatus
from mailchimpsync.store.changes.updates import SentUpdate
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.schema import json_text
from mailchimpsync.sync.context import About, Work
from mailchimpsync.sync.updates.confirmation import Confirmations, new_address_of
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
    confirmations: Confirmations = field(default_factory=Confirmations)


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
    found = outcome.confirmations.of(update, result.body)
    sync_status = SyncStatus.OK if found.in_order else SyncStatus.TODO
    row = {**found.columns, "id": update.id, "sync_status": sync_status.value}
    if found.arrives and update.civicrm_contact_id is not None:
        outcome.arrived.append(update.civicrm_contact_id)
    if update.id in outcome.known_data:
        outcome.data.append(confirmed_row(update, outcome.known_data[update.id]))
        if found.in_order and (tags := tags_after_member(work, update)) is not None:
            outcome.retries.append({**tags, "created_date": work.runtime.now()})
            row["sync_status"] = SyncStatus.LIVE.value
    outcome.rows.append(row)
    about = About(update.id, update.civicrm_contact_id, row["mailchimp_member_id"], update.update_run_id)
    reason, answer = update.reason or Code.CIVICRM_ADDED, str(result.status_code)
    done = [(reason, effect) for effect in found.effects]
    done += [(Code.DATA_CHANGED, effect) for effect in sent_data(update)]
    outcome.entries += [work.entry(about, effect, why, answer, outcome.now) for why, effect in done]
