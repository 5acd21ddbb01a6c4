"""Forgets what both sides agreed on, if that was with a group that is no longer linked.

See docs/decisions/three-way.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, null, select
from sqlalchemy import update as sql_update

from mailchimpsync.store.cache.members import make_due
from mailchimpsync.store.cache.rows import write_rows
from mailchimpsync.store.engine.dialect import update_by_id
from mailchimpsync.store.schema import cache, run, status, update


def newest_links(tx: Connection, list_id: str) -> Mapping[str, Any] | None:
    """Return the groups of the newest run, whatever its outcome: those that the rows' bases belong to."""
    query = select(run.c.links).where(run.c.list_id == list_id, run.c.links.is_not(None))
    found: Mapping[str, Any] | None = tx.execute(query.order_by(run.c.id.desc()).limit(1)).scalar_one_or_none()
    return filter_links(found) if found is not None else None


def filter_links(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return the groups from the terms of a run."""
    return {name: value for name, value in terms.items() if name != "trust"}


def forget_links(tx: Connection, list_id: str) -> None:
    """Forget the groups of the last completed run, so that the next one reads everything."""
    tx.execute(sql_update(status).where(status.c.list_id == list_id).values(links=null()))


def forget_bases(
    tx: Connection, list_id: str, after: int, limit: int, *, subscription: bool, interests: Collection[str]
) -> int | None:
    """Forget the bases of the next rows, by id, and make the rows due.

    Also the bases their updates in flight would set: those were agreed with the same groups.

    Args:
        tx: within a transaction.
        list_id: the audience.
        after: the row id to continue after.
        limit: how many rows at most.
        subscription: whether to forget the subscription.
        interests: the interests to forget.

    Returns:
        The last row's id, None if there are no more rows.
    """
    query = select(cache.c.id, cache.c.base_interests).where(cache.c.mailchimp_list_id == list_id, cache.c.id > after)
    found = tx.execute(query.order_by(cache.c.id).limit(limit)).all()
    if not found:
        return None
    last: int = found[-1].id
    here = (cache.c.mailchimp_list_id == list_id, cache.c.id > after, cache.c.id <= last)
    make_due(tx, *here)
    if subscription:
        tx.execute(sql_update(cache).where(*here).values(base_subscribed=null()))
    changed = [row for row in found if row.base_interests and not row.base_interests.keys().isdisjoint(interests)]
    write_rows(tx, [{"id": row.id, "base_interests": _without_links(row.base_interests, interests)} for row in changed])
    _forget_in_updates(tx, [row.id for row in found], subscription=subscription, interests=interests)
    return last


def _forget_in_updates(
    tx: Connection, row_ids: Collection[int], *, subscription: bool, interests: Collection[str]
) -> None:
    query = select(update.c.id, update.c.agreed).where(update.c.open_row.in_(row_ids), update.c.agreed.is_not(None))
    changed = [
        {
            "id": one.id,
            "agreed": {
                "subscribed": None if subscription else one.agreed["subscribed"],
                "interests": _without_links(one.agreed["interests"] or {}, interests),
            },
        }
        for one in tx.execute(query)
    ]
    update_by_id(tx, update, changed)


def _without_links(values: Mapping[str, bool], forgotten: Collection[str]) -> dict[str, bool]:
    return {interest: value for interest, value in values.items() if interest not in forgotten}
