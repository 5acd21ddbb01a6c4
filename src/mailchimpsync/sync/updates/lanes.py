"""Which lane an update takes to Mailchimp, and why (docs/explanation/lanes.md)."""

from __future__ import annotations

from mailchimpsync.decide.lanes import DIRECT_MAX, LaneReason
from mailchimpsync.model import LaneChoice
from mailchimpsync.store.changes import updates
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.batches import send_batches
from mailchimpsync.sync.updates.bulk import send_in_bulk
from mailchimpsync.sync.updates.direct import send_directly
from mailchimpsync.sync.updates.opt_outs import send_opt_outs


def send_all(work: Work) -> bool:
    """Send every queued update, at least some per call; return False if time ran out first.

    Opt-outs come first, each in its own request.

    Raises:
        TransientError: Mailchimp doesn't accept them, even after retries; queued updates stay queued.
    """
    if not send_opt_outs(work):
        return False
    if work.connection.lane is LaneChoice.BATCHES:
        return send_batches(work, LaneReason.CONFIGURED)
    if _are_many(work) and not send_in_bulk(work, LaneReason.NEW_MEMBERS):
        return False
    if _are_many(work):
        return send_batches(work, LaneReason.MANY)
    return send_directly(
        work,
        lambda tx, limit: updates.unsent_updates(tx, work.list_id, limit, work.sends_updates_of),
        LaneReason.FEW,
    )


def _are_many(work: Work) -> bool:
    with work.transaction() as tx:
        return updates.has_more_unsent(tx, work.list_id, DIRECT_MAX, work.sends_updates_of)
