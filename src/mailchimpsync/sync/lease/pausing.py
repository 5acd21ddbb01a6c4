"""A paused connection isn't synced. See docs/decisions/pausing.md."""

from __future__ import annotations

from mailchimpsync.errors import Code, PausedError
from mailchimpsync.messages import moment, say
from mailchimpsync.store import Store
from mailchimpsync.store.runs import runs


def refuse_while_paused(store: Store, list_id: str) -> None:
    """Refuse to sync a connection that someone has paused.

    Raises:
        PausedError: it is paused.
    """
    with store.begin() as tx:
        found = runs.stored_status(tx, list_id)
    if found.paused_at is None:
        return
    why = say(" (%(reason)s)", reason=found.pause_reason) if found.pause_reason else ""
    what = say(
        "%(who)s paused audience %(id)s at %(time)s%(why)s.",
        who=found.paused_by,
        id=list_id,
        time=moment(found.paused_at),
        why=why,
    )
    raise PausedError(Code.PAUSED, what)
