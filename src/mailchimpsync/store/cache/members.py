"""Cache rows as written by the fetch: what Mailchimp says of its members."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)

from mailchimpsync.addresses import normalise_address
from mailchimpsync.errors import Code
from mailchimpsync.model import IN_FLIGHT, SUBSCRIBED_STATUSES, MemberStatus, SyncStatus
from mailchimpsync.store.cache.contact_facts import merge_facts
from mailchimpsync.store.engine.dialect import Assignments, Columns, Row, update_by_id, upsert
from mailchimpsync.store.schema import cache
from mailchimpsync.store.schema import update as update_table

_OLD, _NEW = cache.alias("old").c, cache.alias("new").c

# Literals, not parameters: PyMySQL sends many rows at once only if nothing after VALUES is a parameter.
_IN_FLIGHT: tuple[ColumnElement[str], ...] = tuple(literal_column(f"'{status.value}'") for status in IN_FLIGHT)
_SUBSCRIBED: tuple[ColumnElement[str], ...] = tuple(
    literal_column(f"'{status.value}'") for status in sorted(SUBSCRIBED_STATUSES)
)
_CLEANED: ColumnElement[str] = literal_column(f"'{MemberStatus.CLEANED.value}'")
_BOUNCED: ColumnElement[str] = literal_column(f"'{Code.MAILCHIMP_BOUNCED.value}'")
_TODO: ColumnElement[str] = literal_column(f"'{SyncStatus.TODO.value}'")


def is_in_flight(columns: Columns = cache.c) -> Any:
    """Return the condition that a row has an open update."""
    return or_(*(columns.sync_status == status for status in _IN_FLIGHT))


def is_due_or_in_flight(columns: Columns = cache.c) -> Any:
    """Return a condition that is true of every row the fetch has just seen, and has an index."""
    return columns.sync_status.in_((SyncStatus.TODO.value, *(status.value for status in IN_FLIGHT)))


def is_surely_due(columns: Columns = cache.c) -> Any:
    """Return the condition that `due` changes nothing about a row: it needs no writing."""
    return and_(columns.sync_status == _TODO, columns.recheck == false())


def due(columns: Columns = cache.c) -> list[tuple[str, Any]]:
    """Return the assignments that make rows due: `todo`, or with an update in flight, due after its result."""
    return [
        ("recheck", case((is_in_flight(columns), true()), else_=false())),
        ("sync_status", case((is_in_flight(columns), columns.sync_status), else_=_TODO)),
    ]


def store_members(tx: Connection, list_id: str, run_id: int | None, rows: Sequence[Row]) -> None:
    """Insert or update one cache row per member, and make it due; mark it as seen by the run, unless that is None.

    `decide.member_facts.observe_member` has the same rule for the status of one member. A new status ends what is known
    of a departed contact.
    """
    alike = {"mailchimp_list_id": list_id, "sync_status": SyncStatus.TODO.value}
    keys = ("mailchimp_list_id", "identity")
    if run_id is None:
        upsert(tx, cache, rows, keys=keys, assign=_merge, alike=alike)
    else:
        upsert(tx, cache, rows, keys=keys, assign=_merge_and_see, alike={**alike, "seen_run": run_id})


def _merge_and_see(old: Columns, new: Columns) -> Assignments:
    return [*_merge(old, new), ("seen_run", new["seen_run"])]


def _merge(old: Columns, new: Columns) -> Assignments:
    new_status = old.mailchimp_status.is_distinct_from(new.mailchimp_status)
    overwritten = (
        "mailchimp_member_id",
        "mailchimp_contact_id",
        "mailchimp_email",
        "mailchimp_status",
        "mailchimp_updated",
        "mailchimp_opted_in",
        "mailchimp_data",
        "mailchimp_interests",
    )
    return [
        (
            "mailchimp_status_by",
            case((or_(new_status, _joined_since(old, new)), null()), else_=old.mailchimp_status_by),
        ),
        ("mailchimp_status_date", _status_date(old, new, new_status)),
        ("departed_contact_id", case((new_status, null()), else_=old.departed_contact_id)),
        ("handed_from", case((new_status, null()), else_=old.handed_from)),
        ("departure", case((new.mailchimp_status.in_(_SUBSCRIBED), null()), else_=old.departure)),
        ("member_problem", null()),
        ("names_before", _names_before(old, new)),
        ("hold_reason", _hold_reason(old, new, new_status)),
        *due(old),
        *((column, new[column]) for column in overwritten),
    ]


def _names_before(old: Columns, new: Columns) -> ColumnElement[Any]:
    """Keep the earlier names until CiviCRM has the change; a member seen for the first time has none."""
    is_other = old.mailchimp_data != new.mailchimp_data
    return func.coalesce(old.names_before, case((is_other, old.mailchimp_data), else_=null()))


def _hold_reason(old: Columns, new: Columns, new_status: ColumnElement[bool]) -> ColumnElement[Any]:
    bounced = and_(new_status, new.mailchimp_status == _CLEANED, old.mailchimp_status.is_not(None))
    return case((new.mailchimp_status.in_(_SUBSCRIBED), null()), (bounced, _BOUNCED), else_=old.hold_reason)


def record_hold_reasons(tx: Connection, reasons: Mapping[int, str]) -> None:
    """Record why the addresses of members, by row id, should be put on hold; their rows are due."""
    update_by_id(tx, cache, [{"id": key, "hold_reason": reason} for key, reason in reasons.items()])
    make_due(tx, cache.c.id.in_(list(reasons)))


def record_unreadable(tx: Connection, list_id: str, run_id: int, member_ids: Collection[str]) -> None:
    """Record that what Mailchimp says of members can't be read; their rows are due, and keep what is known."""
    alike = {
        "mailchimp_list_id": list_id,
        "sync_status": SyncStatus.TODO.value,
        "seen_run": run_id,
        "member_problem": Code.MC_UNREADABLE.value,
    }
    rows = [{"identity": f"m:{key}", "mailchimp_member_id": key} for key in sorted(member_ids)]
    upsert(tx, cache, rows, keys=("mailchimp_list_id", "identity"), assign=_unreadable, alike=alike)


def _unreadable(old: Columns, new: Columns) -> Assignments:
    return [*due(old), *((name, new[name]) for name in ("mailchimp_member_id", "seen_run", "member_problem"))]


def unreadable_before(tx: Connection, list_id: str, run_id: int, limit: int) -> list[str]:
    """Return the ids of members that couldn't be read, and that a run hasn't seen."""
    query = select(cache.c.mailchimp_member_id).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.sync_status.in_((SyncStatus.FAIL.value, SyncStatus.TODO.value)),
        cache.c.member_problem.is_not(None),
        cache.c.mailchimp_member_id.is_not(None),
        cache.c.seen_run.is_distinct_from(run_id),
    )
    return list(tx.execute(query.order_by(cache.c.id).limit(limit)).scalars())


def _status_date(old: Columns, new: Columns, new_status: ColumnElement[bool]) -> ColumnElement[Any]:
    """Members who opted in since, but still aren't subscribed, have left between two readings."""
    joined_since = _joined_since(old, new)
    subscribed = new.mailchimp_status.in_(_SUBSCRIBED)
    return case(
        (new_status, new.mailchimp_updated),
        (and_(joined_since, subscribed), new.mailchimp_opted_in),
        (joined_since, new.mailchimp_updated),
        else_=old.mailchimp_status_date,
    )


def _joined_since(old: Columns, new: Columns) -> ColumnElement[bool]:
    joined: ColumnElement[bool] = new.mailchimp_opted_in > old.mailchimp_status_date
    return joined


def count_seen(tx: Connection, list_id: str, run_id: int) -> int:
    """Return how many different members a run has read."""
    query = select(func.count()).where(
        cache.c.mailchimp_list_id == list_id,
        is_due_or_in_flight(),
        cache.c.seen_run == run_id,
        cache.c.member_problem.is_(None),
    )
    return int(tx.execute(query).scalar_one())


def follow_renamed_members(tx: Connection, list_id: str, run_id: int) -> int:
    """Join rows of members whose address changed since an earlier run with their new rows; return how many.

    A change of address at Mailchimp changes the member id, not Mailchimp's contact id
    (docs/reference/mailchimp-behaviour.md#who-a-member-is).
    """
    return _join_rows(
        tx,
        _NEW.mailchimp_list_id == list_id,
        _OLD.mailchimp_contact_id == _NEW.mailchimp_contact_id,
        is_due_or_in_flight(_NEW),
        _NEW.seen_run == run_id,
        _OLD.seen_run.is_distinct_from(run_id),
    )


def follow_renamed_rows(tx: Connection, list_id: str, row_ids: Sequence[int]) -> int:
    """Join rows of members just read with the rows of their old addresses; return how many there were."""
    found = select(_NEW.mailchimp_contact_id).where(_NEW.id.in_(row_ids), _NEW.mailchimp_contact_id.is_not(None))
    people = list(tx.execute(found).scalars())  # the index finds the old rows by these ids
    same_person = and_(
        _OLD.mailchimp_list_id == list_id,
        _OLD.mailchimp_contact_id.in_(people),
        _OLD.mailchimp_contact_id == _NEW.mailchimp_contact_id,
    )
    in_list = _NEW.mailchimp_list_id == list_id
    return _join_rows(tx, in_list, same_person, _NEW.id.in_(row_ids), _OLD.id.not_in(row_ids))


def join_rows(tx: Connection, replacements: Mapping[int, int]) -> int:
    """Join rows, by id, with others that replace them; return how many there were."""
    pairs = (and_(_OLD.id == gone, _NEW.id == stays) for gone, stays in replacements.items())
    return _join_rows(tx, or_(*pairs)) if replacements else 0


def make_room_for_identities(tx: Connection, list_id: str, rows: Sequence[Row]) -> Sequence[Row]:
    """Let rows of renamed members take their new identity: a row that a fetch has added for it is deleted.

    Return the rows; if the other row has an update in flight, the identity stays until a fetch joins the two.
    """
    moved = {row["identity"]: row["id"] for row in rows if "identity" in row}
    if not moved:
        return rows
    others = cache.c.mailchimp_list_id == list_id, cache.c.identity.in_(list(moved)), cache.c.id.not_in(moved.values())
    tx.execute(delete(cache).where(*others, ~is_in_flight()))
    taken = set(tx.execute(select(cache.c.identity).where(*others)).scalars())
    kept = ("identity",)
    return [
        {name: value for name, value in row.items() if name not in kept or row.get("identity") not in taken}
        for row in rows
    ]


def _join_rows(tx: Connection, *conditions: Any) -> int:
    """The new row takes over the contact, the base and, with the same status, its date; the old one is deleted."""
    same_status = _OLD.mailchimp_status == _NEW.mailchimp_status
    dated = case((same_status, _OLD.mailchimp_status_date), else_=_NEW.mailchimp_status_date)
    made_by = case((same_status, _OLD.mailchimp_status_by), else_=_NEW.mailchimp_status_by)
    query = select(
        _OLD.id.label("old_id"),
        _NEW.id,
        *merge_facts(_OLD, _NEW),
        dated.label("mailchimp_status_date"),
        made_by.label("mailchimp_status_by"),
        _OLD.base_subscribed,
        _OLD.base_interests,
        _OLD.departure,
        *_corrections_of_renamed(),
    ).where(_OLD.mailchimp_list_id == _NEW.mailchimp_list_id, _OLD.id != _NEW.id, ~is_in_flight(_OLD), *conditions)
    found = [dict(row) for row in tx.execute(query).mappings()]
    if found:
        _forget_own_renames(tx, found)
        tx.execute(delete(cache).where(cache.c.id.in_([row.pop("old_id") for row in found])))
        update_by_id(tx, cache, found)
    return len(found)


def _corrections_of_renamed() -> list[Any]:
    """Return the corrections for the contact of both rows: the new address, and what else changed with it."""
    same = or_(_NEW.civicrm_contact_id.is_(None), _NEW.civicrm_contact_id == _OLD.civicrm_contact_id)
    news = {
        "names_before": _names_before(_OLD, _NEW),
        "address_before": func.coalesce(_OLD.address_before, _OLD.mailchimp_email),
        "hold_reason": func.coalesce(_NEW.hold_reason, _hold_reason(_OLD, _NEW, _has_other_status())),
    }
    return [case((same, value), else_=_NEW[name]).label(name) for name, value in news.items()]


def _has_other_status() -> ColumnElement[bool]:
    return _OLD.mailchimp_status.is_distinct_from(_NEW.mailchimp_status)


def _forget_own_renames(tx: Connection, renamed: Sequence[dict[str, Any]]) -> None:
    """An address that we gave a member ourselves is no change, even if the response was lost."""
    columns = (update_table.c.mailchimpsync_cache_id, update_table.c.data)
    sent = select(*columns).where(update_table.c.mailchimpsync_cache_id.in_([row["old_id"] for row in renamed]))
    ours = {(row[0], normalise_address(row[1].get("email_address") or "")) for row in tx.execute(sent)}
    now = select(cache.c.id, cache.c.mailchimp_email).where(cache.c.id.in_([row["id"] for row in renamed]))
    addresses = {row.id: normalise_address(row.mailchimp_email or "") for row in tx.execute(now)}
    for row in renamed:
        if (row["old_id"], addresses[row["id"]]) in ours:
            row["address_before"] = None


def make_due(tx: Connection, *conditions: Any) -> int:
    """Make the rows that meet all conditions due, and return how many."""
    return tx.execute(update(cache).where(*conditions).values(dict(due()))).rowcount
