"""Opt-outs go first, each in its own request, in the run that decides them; they overtake updates in flight.

Why, and why that is safe: docs/decisions/opt-outs-overtake.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailchimpsync.decide.lanes import LaneReason
from mailchimpsync.decide.subscription import subscription_verdict
from mailchimpsync.model import LaneChoice
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import overtaking, updates
from mailchimpsync.store.changes.updates import UnsentUpdate
from mailchimpsync.sync.context import Run, Work
from mailchimpsync.sync.deciding.situations import gather_situations
from mailchimpsync.sync.updates.direct import UPDATES_PER_CHUNK, send_directly

ROWS_PER_STEP = 1_000


def send_opt_outs(work: Work) -> bool:
    """Send the opt-outs that are queued, and record the results; False if time ran out first.

    If only batches are wanted, those that have overtaken an update are sent, and the others go with their batch. Those
    that are in a batch, and have waited for it too long, are sent as well.

    Raises:
        TransientError: Mailchimp can't be reached.
    """
    only_overtaking = work.connection.lane is LaneChoice.BATCHES

    def claim(tx: Transaction, limit: int) -> Sequence[UnsentUpdate]:
        return updates.unsent_opt_outs(tx, work.list_id, limit, work.sends_updates_of, overtaking=only_overtaking)

    while True:
        if not send_directly(work, claim, LaneReason.OPT_OUTS):
            return False
        if not _queue_hanging(work):
            return True


def _queue_hanging(work: Work) -> bool:
    """Queue the next opt-outs that hang, only as fast as they are sent and within the time; return if there are any."""
    if work.sends_updates_of is not None or work.deadline.reached:
        return False
    with work.transaction() as tx:
        now = work.runtime.now()
        hanging = overtaking.hanging_opt_outs(tx, work.list_id, now, 0, UPDATES_PER_CHUNK, changed=False)
        overtaking.send_directly(tx, [one.id for one in hanging])
    if hanging:
        work.log(
            f"{len(hanging)} opt-outs are waiting in a batch that Mailchimp hasn't finished; they are now "
            "sent directly as well."
        )
    return bool(hanging)


def send_changed_directly(run: Run) -> None:
    """Queue opt-outs whose batch hangs, and whose rows have changed since, for requests of their own.

    Only if the rules, as things are now, don't want the person subscribed.
    """
    after = 0
    while True:
        with run.transaction() as tx:
            now = run.runtime.now()
            hanging = overtaking.hanging_opt_outs(tx, run.list_id, now, after, ROWS_PER_STEP, changed=True)
            found = rows.rows_to_decide(tx, [one.row_id for one in hanging])
        if not hanging:
            return
        after = hanging[-1].id
        gathered = gather_situations(run, found)
        judged = zip(gathered.rows, gathered.situations, strict=True)
        leaving = {row.id for row, one in judged if not subscription_verdict(one, run.connection).ends_subscribed}
        with run.transaction() as tx:
            overtaking.send_directly(tx, [one.id for one in hanging if one.row_id in leaving])
