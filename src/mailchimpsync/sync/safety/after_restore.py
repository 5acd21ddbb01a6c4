"""After CiviCRM was restored from an older backup: forget what was agreed with it, and which contact is whom."""

from __future__ import annotations

from mailchimpsync.model import Connection
from mailchimpsync.store import Store
from mailchimpsync.store.cache import bases
from mailchimpsync.store.runs import plausibility, runs

ROWS_PER_STEP = 5_000


def forget_civicrm(store: Store, lease: runs.Lease, connection: Connection) -> None:
    """Let the next run decide by dates, like a first one; rows find their contacts by address.

    Compared with a base, whatever the backup brought back or lost would look like a decision of staff; and a contact id
    may belong to someone else now. If repeated after a crash, it continues.
    """
    after: int | None = 0
    with store.begin() as tx:
        runs.renew_lease(tx, lease)
        bases.forget_links(tx, connection.list_id)
        plausibility.forget_group_states(tx, connection.list_id)
    while after is not None:
        with store.begin() as tx:
            runs.renew_lease(tx, lease)
            interests = connection.interests.keys()
            last = bases.forget_bases(
                tx, connection.list_id, after, ROWS_PER_STEP, subscription=True, interests=interests
            )
            if last is not None:
                plausibility.forget_owners(tx, connection.list_id, after, last)
            after = last
