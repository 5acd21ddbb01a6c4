"""Trust in one side: for one full run that was approved, and no longer.

A run made with trust is recorded when it is complete. Its updates may still be at Mailchimp then: until they are done,
runs are made without trust; if some were lost, trust counts once more. Otherwise it is over. See
docs/reference/php-extension.md#trust-in-one-side.
"""

from __future__ import annotations

from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Store, Transaction
from mailchimpsync.store.changes import kept_plans, updates
from mailchimpsync.store.changes.kept_plans import PlanKind, PlanState
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.options import Systems
from mailchimpsync.sync.safety.changed_links import link_terms


def resolve_trust(systems: Systems, connection: Connection, deadline: Deadline, lease: runs.Lease) -> Connection:
    """Return the connection with the trust that applies to the run about to start or continue; under the lease."""
    with systems.store.begin() as tx:
        runs.renew_lease(tx, lease)
        _drop_outdated_hold(tx, connection)
        if not connection.trusted:
            runs.record_trust(tx, connection.list_id, None)
            return connection
        done = runs.stored_status(tx, connection.list_id).trust
    if done is not None and _open_and_lost(systems.store, done["run"])[0]:
        _collect(systems, connection, deadline, lease)
    return with_current_trust(systems.store, connection)


def _collect(systems: Systems, connection: Connection, deadline: Deadline, lease: runs.Lease) -> None:
    from mailchimpsync.sync.outside_runs import work_under_lease  # noqa: PLC0415 (hardly ever needed)
    from mailchimpsync.sync.stages.submit import collect  # noqa: PLC0415 (likewise)

    collect(work_under_lease(systems, connection, deadline, lease))


def with_current_trust(store: Store, connection: Connection) -> Connection:
    """Return a connection with the trust that applies now; an undo has none."""
    if not connection.trusted:
        return connection
    with store.begin() as tx:
        approved = kept_plans.approved_plan(tx, connection.list_id)
    if approved is not None and approved.kind == PlanKind.UNDO:
        return connection.without_trust()
    fate = _open_and_lost_updates(store, connection)
    counts = fate is None or (fate[1] and not fate[0])
    return connection if counts else connection.without_trust()


def trust_is_over(store: Store, connection: Connection) -> bool:
    """Return whether the configured trust has done its work: none of its run's updates is in flight or lost."""
    return bool(connection.trusted) and _open_and_lost_updates(store, connection) == (0, 0)


def _open_and_lost_updates(store: Store, connection: Connection) -> tuple[int, int] | None:
    """Return how many updates of the run with this trust are open and lost; None: there was no such run."""
    with store.begin() as tx:
        done = runs.stored_status(tx, connection.list_id).trust
    if done is None or done["trusted"] != connection.trusted:
        return None
    return _open_and_lost(store, done["run"])


def _open_and_lost(store: Store, run_id: int) -> tuple[int, int]:
    with store.begin() as tx:
        return updates.count_open_and_lost(tx, run_id)


def _drop_outdated_hold(tx: Transaction, connection: Connection) -> None:
    """Drop a plan held for a trust that is no longer configured: it could never be carried out."""
    hold = kept_plans.open_hold(tx, connection.list_id)
    held_for = hold.links.get("trust") if hold is not None else None
    if hold is not None and held_for and held_for != link_terms(connection).get("trust"):
        kept_plans.describe_plan(tx, hold.id, state=PlanState.EXPIRED.value)
