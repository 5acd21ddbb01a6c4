"""Stage `readyToCheckForGroupChanges`: rows whose contact came or left in CiviCRM become due."""

from __future__ import annotations

from mailchimpsync.errors import REGISTRY, TRANSIENT_CODES, Code, Retry
from mailchimpsync.model import SyncStatus
from mailchimpsync.store.cache import groups, members
from mailchimpsync.store.schema import cache
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.updates.overtaken import settle_overtaken
from mailchimpsync.sync.updates.unanswered import resolve_unanswered

_TRIED_AGAIN = [
    code.value
    for code, entry in REGISTRY.items()
    if code in TRANSIENT_CODES or code is Code.MC_MAPPING_GONE or entry.retry in (Retry.NEXT_RUN, Retry.LATER)
]


def check_group_changes(run: Run) -> bool:
    """Make rows due whose contact's groups changed, or whose failure may have passed; in a full run, all."""
    ours = cache.c.mailchimp_list_id == run.list_id
    with run.transaction() as tx:
        if run.since is None:
            members.make_due(tx, ours, ~members.is_surely_due())
        else:
            groups.make_changed_rows_due(tx, run.list_id, run.id)
            failed = cache.c.sync_status == SyncStatus.FAIL.value
            members.make_due(tx, ours, failed, cache.c.reason.in_(_TRIED_AGAIN))
        groups.snapshot_groups(tx, run.list_id, cache.c.sync_status == SyncStatus.TODO.value)
    resolve_unanswered(run)
    settle_overtaken(run)
    return True
