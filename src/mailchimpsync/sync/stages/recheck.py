"""Queued updates that would subscribe people are checked once more before they are sent.

They were queued manually, or their row has changed since they were decided: a newer opt-out outranks both.
"""

from __future__ import annotations

from mailchimpsync.decide import Situation
from mailchimpsync.decide.situation import NOT_IN_GROUP
from mailchimpsync.decide.subscription import subscription_verdict
from mailchimpsync.model import Connection
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import updates
from mailchimpsync.store.schema import json_text
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.deciding.situations import gather_situations
from mailchimpsync.sync.undo.carry_out import undone_run

UPDATES_PER_STEP = 1_000


def drop_outdated_subscriptions(run: Run) -> None:
    """Drop updates for people who, as known now, have left or must not be mailed; their rows are due.

    Updates of an undo aren't checked: it was approved to go against the rules.
    """
    if undone_run(run) is not None:
        return
    after, number = 0, 0
    while True:
        with run.transaction() as tx:
            doubtful = updates.unsent_subscriptions(tx, run.list_id, after, UPDATES_PER_STEP)
        if not doubtful:
            break
        after = doubtful[-1].id
        reasons = _reasons_against(run, [one.row_id for one in doubtful])
        dropped = [(one.id, one.row_id, reasons[one.row_id]) for one in doubtful if one.row_id in reasons]
        with run.transaction() as tx:
            updates.drop_unsent(tx, dropped)
        number += len(dropped)
    if number:
        run.log(
            f"{number} queued updates were not sent: these people have unsubscribed or left the group since, or must "
            "not be mailed."
        )


def _reasons_against(run: Run, row_ids: list[int]) -> dict[int, str]:
    """Return the rows that must not be subscribed, each with the error for its update."""
    with run.transaction() as tx:
        found = rows.rows_to_decide(tx, row_ids)
    gathered = gather_situations(run, found)
    return {
        row.id: json_text({"code": subscription_verdict(situation, run.connection).reason.value})
        for row, situation in zip(gathered.rows, gathered.situations, strict=True)
        if not _may_be_subscribed(situation, run.connection)
    }


def _may_be_subscribed(situation: Situation, connection: Connection) -> bool:
    """Return whether the rules allow subscribing a person, or have nothing to go by: staff may then subscribe them."""
    if subscription_verdict(situation, connection).ends_subscribed:
        return True
    known = situation.in_civicrm
    is_forbidden = situation.blocked or situation.contact.departures or known.obstacle
    return situation.member is None and known.group == NOT_IN_GROUP and not is_forbidden
