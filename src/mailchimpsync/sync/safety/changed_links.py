"""What happens to the bases when a connection is linked to other groups than in the last run."""

from __future__ import annotations

from typing import Any

from mailchimpsync.model import Connection
from mailchimpsync.store import Store
from mailchimpsync.store.cache import bases
from mailchimpsync.store.runs import runs

ROWS_PER_STEP = 5_000


def group_links(connection: Connection) -> dict[str, Any]:
    """Return the groups of a connection as stored with a run."""
    return {"group_id": connection.group_id, "interests": dict(connection.interests)}


def link_terms(connection: Connection) -> dict[str, Any]:
    """Return the terms of a run or a plan: the groups, and the trust in one side, if any.

    A run started on other terms doesn't continue, and a plan made on other terms isn't carried out.
    """
    trusted = connection.trusted
    return {**group_links(connection), **({"trust": trusted} if trusted else {})}


def forget_outdated_bases(store: Store, lease: runs.Lease, connection: Connection) -> bool:
    """Forget what was agreed with groups that are no longer linked; return whether the links have changed.

    A base says that both sides agreed, so that the side which differs from it has changed. Compared with another group
    it would say that people left who were never in there, and remove them. Without it dates decide, as in a first sync,
    and everything is read again. If repeated after a crash, it continues: the next run stores its groups only after
    this.

    Must be called, under the lease, before rows are decided, and a run stored with its groups afterwards.
    """
    with store.begin() as tx:
        before = bases.newest_links(tx, connection.list_id)
    now_linked = group_links(connection)
    if before is None or before == now_linked:
        return False
    subscription = before["group_id"] != now_linked["group_id"]
    interests = {key for key, group in before["interests"].items() if now_linked["interests"].get(key) != group}
    after: int | None = 0
    while (subscription or interests) and after is not None:
        with store.begin() as tx:
            runs.renew_lease(tx, lease)
            after = bases.forget_bases(
                tx, connection.list_id, after, ROWS_PER_STEP, subscription=subscription, interests=interests
            )
    with store.begin() as tx:
        runs.renew_lease(tx, lease)
        bases.forget_links(tx, connection.list_id)
    return True
