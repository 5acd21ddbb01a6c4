"""What becomes of the bases when a connection is linked with other groups than the last run looked at."""

from __future__ import annotations

from typing import Any

from mailchimpsync.model import Connection
from mailchimpsync.store import Store
from mailchimpsync.store.cache import bases
from mailchimpsync.store.runs import runs

ROWS_PER_STEP = 5_000


def group_links(connection: Connection) -> dict[str, Any]:
    """Return the groups of a connection as a run notes them."""
    return {"group_id": connection.group_id, "interests": dict(connection.interests)}


def link_terms(connection: Connection) -> dict[str, Any]:
    """Return what a run or a plan is made for: the groups, and the trust in one side, if there is any.

    A run that was begun on other terms does not go on, and a plan that was made on others is not carried out.
    """
    trusted = connection.trusted
    return {**group_links(connection), **({"trust": trusted} if trusted else {})}


def forget_outdated_bases(store: Store, lease: runs.Lease, connection: Connection) -> bool:
    """Forget what was agreed with groups that are linked no longer; return whether other groups are linked now.

    A base says that both sides agreed, so that the side which differs from it has changed. Held against another group
    it would say that people left who never were in there, and remove them. Without it dates decide, as in a first sync,
    and everything is read anew. Repeated after a crash it goes on: the next run notes its groups only after this.

    Whoever decides about rows calls this first, with the lease held, and notes a run with its groups.
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
            runs.hold_lease(tx, lease)
            after = bases.forget_bases(
                tx, connection.list_id, after, ROWS_PER_STEP, subscription=subscription, interests=interests
            )
    with store.begin() as tx:
        runs.hold_lease(tx, lease)
        bases.forget_links(tx, connection.list_id)
    return True
