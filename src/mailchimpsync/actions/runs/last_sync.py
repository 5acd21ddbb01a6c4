"""When connections were last synced: cheaper than `getstatus`, which counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailchimpsync.actions.site import Site
from mailchimpsync.store.runs import runs
from mailchimpsync.store.runs.runs import StoredRun


@dataclass(frozen=True, slots=True)
class LastSync:
    """When a connection's last complete sync started, and its newest run as stored; None: there was none."""

    at: datetime | None
    run: StoredRun | None


def last_syncs(site: Site) -> dict[str, LastSync]:
    """Return when each connection was last synced, by audience id."""
    lists = [link.audience_id for link in site.configuration.connections]
    with site.store.reading() as tx:
        return {one: LastSync(runs.stored_status(tx, one).last_sync_time, runs.last_run(tx, one)) for one in lists}
