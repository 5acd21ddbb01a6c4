"""Data in a row's update: joined to a decision, put into the update, recorded with its result."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailchimpsync.data import (
    NOTHING_CONFIRMED,
    after_member,
    after_tags,
    effects_of_data,
    is_still_needed,
    member_body,
    refusal_of,
    tags_body,
    tags_only,
    without_fields,
)
from mailchimpsync.decide import Decision
from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import data
from mailchimpsync.store.cache.rows import RowToDecide
from mailchimpsync.store.changes.updates import SentUpdate
from mailchimpsync.sync.context import Work

TAGS, MEMBER = "tags", "member"
"""The two calls that data may need."""

WITHOUT_SOME, WITHOUT_DATA = "without some data", "without data"
"""Tries of an update some of whose merge fields Mailchimp refused by name, or all."""

Change = Mapping[str, Any]


def pending_data(tx: Transaction, row_ids: Sequence[int]) -> dict[int, Change]:
    """Return the data waiting for rows, and forget what has been confirmed meanwhile."""
    waiting, done = dict[int, Change](), []
    for key, row in data.data_of_rows(tx, row_ids).items():
        if row.wanted is not None and is_still_needed(row.wanted, row.confirmed or {}):
            waiting[key] = row.wanted
        elif row.wanted is not None:
            done.append(key)
    data.forget_wanted_data(tx, done)
    return waiting


def join_data(decision: Decision, status: str | None, change: Change | None) -> tuple[Decision, Change | None]:
    """Join a row's waiting data to its decision: people who won't be subscribed get no data."""
    if change is None or decision.sync_status is SyncStatus.FAIL or not decision.agreed.subscribed:
        return decision, None
    if decision.update is None and status not in SUBSCRIBED_STATUSES:
        return decision, None
    return replace(decision, sync_status=SyncStatus.LIVE), change


def request_body(
    update: Mapping[str, Any] | None, change: Change | None, address: str | None
) -> Mapping[str, Any] | None:
    """Return the body of a member's update including its data, or None; the sync's own values take precedence."""
    extra = member_body(change) if change is not None else {}
    if not extra:
        return update
    own = update or {"email_address": address}
    fields = {**extra.get("merge_fields", {}), **own.get("merge_fields", {})}
    return {**extra, **own, **({"merge_fields": fields} if fields else {})}


def first_request_body(
    work: Work, update: Mapping[str, Any] | None, agreed: Mapping[str, Any], address: str | None
) -> Mapping[str, Any] | None:
    """Return what is sent first of a planned change: the member's update, else the tags; None: nothing."""
    change = agreed.get("data")
    return request_body(update, change, address) or (_tags_body(work, change) if change is not None else None)


def _tags_body(work: Work, change: Change) -> dict[str, Any] | None:
    options = work.connection.data
    return tags_body(change, starts_automations=options is not None and options.tags_start_automations)


def request_kind(update: SentUpdate) -> str:
    """Return which call an update is for."""
    return TAGS if TAGS in update.data else MEMBER


def carries_only_data(update: SentUpdate) -> bool:
    """Return whether an update affects no subscription."""
    return update.agreed.get("data") is not None and (update.attempt["decided"] is None or request_kind(update) == TAGS)


def confirmed_of(tx: Transaction, updates: Sequence[SentUpdate]) -> dict[int, Mapping[str, Any]]:
    """Return the confirmed data of the rows whose updates carry data."""
    ids = [update.id for update in updates if update.agreed.get("data") is not None]
    found = data.data_of_rows(tx, ids) if ids else {}
    return {key: (found[key].confirmed if key in found else None) or NOTHING_CONFIRMED for key in ids}


def confirmed_row(update: SentUpdate, confirmed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of `store.cache.data` once an update with data is confirmed."""
    change = update.agreed["data"]
    now = after_tags(confirmed, change) if request_kind(update) == TAGS else after_member(confirmed, change)
    # Without digests, or with a refusal, only a part was confirmed.
    settled = {"refused": None} if change["digests"] and not change.get("refused") else {}
    return {"cache_id": update.id, "confirmed": now, **settled}


def row_of_refused_data(update: SentUpdate, detail: str, tags: Collection[str] = ()) -> dict[str, Any]:
    """Return the columns of `store.cache.data` once data is refused: some merge fields, or everything."""
    return {"cache_id": update.id, "refused": refusal_of(update.agreed["data"], detail, tags)}


def pending_again_row(update: SentUpdate) -> dict[str, Any]:
    """Return the columns of `store.cache.data` once data is refused temporarily; confirmed parts are done."""
    change = update.agreed["data"]
    return {"cache_id": update.id, "wanted": tags_only(change) if request_kind(update) == TAGS else change}


def reason_to_hold_back(work: Work, row: RowToDecide, change: Change | None) -> Code | None:
    """Return why a row's waiting data isn't sent now: the same was refused too often recently."""
    refusal = row.refusal
    if change is None or refusal is None or "again" not in refusal:
        return None
    if work.runtime.now() >= datetime.fromisoformat(refusal["again"]):
        return None
    is_same = refusal["update"] == first_request_body(work, None, {"data": change}, row.mailchimp_email)
    return Code(refusal["code"]) if is_same else None


def tags_after_member(work: Work, update: SentUpdate) -> dict[str, Any] | None:
    """Return the update that sends the tags once the member's own update is confirmed."""
    change = update.agreed.get("data")
    if change is None or request_kind(update) == TAGS:
        return None
    body = _tags_body(work, change)
    return _next_update(update, body, update.agreed, update.attempt["tries"]) if body is not None else None


def refused_by_name(update: SentUpdate, named: Collection[str]) -> list[str]:
    """Return those of our merge fields that Mailchimp named in its refusal, if others remain to be sent."""
    change, tries = update.agreed.get("data"), update.attempt["tries"]
    if change is None or request_kind(update) == TAGS or WITHOUT_SOME in tries:
        return []
    tags = [tag for tag in change["fields"] if tag in named]
    rest = without_fields(change, tags)
    return tags if not carries_only_data(update) or rest["fields"] or rest["language"] or rest["tags"] else []


def without_refused_fields(work: Work, update: SentUpdate, tags: Collection[str]) -> dict[str, Any]:
    """Return the update to retry after Mailchimp has refused these merge fields of ours by name."""
    rest = without_fields(update.agreed["data"], tags)
    agreed, tries = {**update.agreed, "data": rest}, [*update.attempt["tries"], WITHOUT_SOME]
    fields = {tag: value for tag, value in update.data["merge_fields"].items() if tag not in tags}
    body = {**update.data, "merge_fields": fields}
    if carries_only_data(update) and not member_body(rest):
        body = _tags_body(work, rest) or body
    return _next_update(update, body, agreed, tries)


def without_merge_fields(update: SentUpdate) -> dict[str, Any] | None:
    """Return the update to retry after Mailchimp has refused our merge fields; None if nothing else remains."""
    change, tries = update.agreed.get("data"), update.attempt["tries"]
    if change is None or not member_body(change) or carries_only_data(update) or WITHOUT_DATA in tries:
        return None
    own = update.attempt["decided"]
    status = {key: value for key, value in update.data.items() if key in ("status", "status_if_new")}
    agreed = {**update.agreed, "data": tags_only(change)}
    return _next_update(update, {**own, **status}, agreed, [*tries, WITHOUT_DATA])


def _next_update(
    update: SentUpdate, body: Mapping[str, Any], agreed: Mapping[str, Any], tries: Sequence[str]
) -> dict[str, Any]:
    return {
        "mailchimpsync_cache_id": update.id,
        "data": body,
        "attempt": {**update.attempt, "tries": list(tries)},
        "agreed": agreed,
        "open_row": update.id,
        "run_id": update.update_run_id,
    }


def sent_data(update: SentUpdate) -> Iterator[Effect]:
    """Yield what an update's call has changed of the data it carries."""
    change, are_tags = update.agreed.get("data"), request_kind(update) == TAGS
    for effect in effects_of_data(change) if change is not None else ():
        if (effect.what is What.TAG) == are_tags:
            yield effect
