"""Part of `readyToFetch`: permanently deleted members are noticed by their absence from a full reading.

Absence alone is weak evidence: a member taken out of the archive between the two readings is in neither. So each
missing member is requested individually (docs/decisions/proof-before-removal.md).
"""

from __future__ import annotations

from concurrent.futures import Executor

from mailchimpsync.mailchimp import audience, member_if_readable
from mailchimpsync.store.cache import deleted_members
from mailchimpsync.sync.context import Run

MEMBERS_PER_STEP = 500


def find_deleted_members(run: Run, executor: Executor) -> int:
    """Forget the members that Mailchimp no longer has, and return how many; call it after a full reading."""
    after = number = 0
    while True:
        with run.transaction() as tx:
            unseen = deleted_members.unseen_members(tx, run.list_id, run.id, after, MEMBERS_PER_STEP)
        if not unseen:
            return number
        found = executor.map(
            lambda key: member_if_readable(run.mailchimp, run.list_id, key), [key for _, key in unseen]
        )
        gone = [row_id for (row_id, _), one in zip(unseen, found, strict=True) if one is None]
        if gone:
            audience(run.mailchimp, run.list_id)  # a deleted audience has no members either, so this proves nothing
        with run.transaction() as tx:
            deleted_members.forget_members(tx, gone)
        after = unseen[-1][0]
        number += len(gone)
        run.progress.advance(len(unseen))
