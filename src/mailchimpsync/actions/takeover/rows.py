"""The extension's rows: counted for people to see, and taken over as members and bases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.takeover.failures import code_of_failure
from mailchimpsync.civicrm import SiteClock
from mailchimpsync.civicrm.checks.site import site_clock
from mailchimpsync.civicrm.extension.by_api import TablesByApi
from mailchimpsync.civicrm.extension.rows import ExtensionRow, is_local_time, moment_with_zone
from mailchimpsync.civicrm.extension.work import ExtensionTables
from mailchimpsync.config import Link
from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, Base, SyncStatus
from mailchimpsync.store.cache.taken_over import TakenOver, forget_bases_of, take_over_members
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import tombstones
from mailchimpsync.sync.lease.lease import acquired_lease
from mailchimpsync.sync.opening import drop_run


@dataclass(slots=True)
class RowCounts:
    """How many rows of an audience there are; `agreed`: those that become a base; `failed`: by what it means here.

    `unreadable`: rows with serialised data that can't be read; the rest of such a row is used.
    """

    rows: int = 0
    agreed: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    failed: Counter[Code] = field(default_factory=Counter)
    unreadable: int = 0


@contextmanager
def extension_tables(site: Site, database_url: str | None) -> Iterator[ExtensionTables]:
    """Provide the extension's tables: by its API, or with a URL from CiviCRM's database.

    Raises:
        ConfigurationError: the URL can't be used, or no CiviCRM site is configured.
    """
    if database_url is None:
        yield TablesByApi(site.civicrm())
        return
    from mailchimpsync.civicrm.extension.by_database import TablesByDatabase  # noqa: PLC0415 (seldom used)

    tables = TablesByDatabase(database_url)
    try:
        yield tables
    finally:
        tables.close()


def count_rows(tables: ExtensionTables, link: Link) -> RowCounts:
    """Count an audience's rows. What failed rows mean is known once all rows are read."""
    counts, failed, subscribed = RowCounts(), list[ExtensionRow](), Counter[int]()
    for page in tables.pages(link.audience_id):
        for row in page:
            counts.rows += 1
            counts.by_status[row.sync_status] += 1
            counts.agreed += _base_of(row, link) != Base()
            counts.unreadable += not row.is_readable
            if row.contact_id is not None and row.status in SUBSCRIBED_STATUSES:
                subscribed[row.contact_id] += 1
            if row.sync_status == SyncStatus.FAIL:
                failed.append(row)
    errors = tables.errors_of([row.id for row in failed])
    for row in failed:
        others = subscribed[row.contact_id or 0] - (row.status in SUBSCRIBED_STATUSES)
        owner = {row.contact_id} if row.contact_id is not None and others > 0 else set[int]()
        counts.failed[code_of_failure(row, errors.get(row.id), owner)] += 1
    return counts


def take_over_rows(site: Site, tables: ExtensionTables, link: Link) -> int | None:
    """Take over an audience's rows, and return how many; None: the connection has its own, which are newer.

    An interrupted run of ours is dropped: it has decided without them. Repeating this after a crash changes nothing.

    Raises:
        BusyError: the audience is being synced. RemoteError, StoreError: the rows can't be read.
    """
    clock = site_clock(site.civicrm())
    with acquired_lease(site.store, link.audience_id) as lease:
        if not _make_ready(site, lease):
            return None
        with site.store.reading() as tx:
            erased = tombstones.erased(tx, site.erasure_key())
        seen, twice = set[str](), set[str]()
        for page in tables.pages(link.audience_id):
            members = [one for row in page if (one := _member(row, link, clock)) and not erased.knows(one.email)]
            twice |= seen & {one.member_id for one in members} | _repeated(members)
            fresh = {one.member_id: one for one in members if one.member_id not in seen}
            seen |= fresh.keys()
            with site.store.begin() as tx:
                runs.renew_lease(tx, lease)
                take_over_members(tx, link.audience_id, list(fresh.values()))
        with site.store.begin() as tx:
            runs.renew_lease(tx, lease)
            forget_bases_of(tx, link.audience_id, twice)
    return len(seen)


def _make_ready(site: Site, lease: runs.Lease) -> bool:
    """Drop an interrupted run, which has decided without the rows; return False if one was complete."""
    with site.store.begin() as tx:
        runs.renew_lease(tx, lease)
        found = runs.stored_status(tx, lease.list_id)
        if found.last_sync_time is None and found.run_id is not None:
            drop_run(tx, found, site.runtime.now())
    return found.last_sync_time is None


def _repeated(members: Sequence[TakenOver]) -> set[str]:
    return {key for key, number in Counter(one.member_id for one in members).items() if number > 1}


def _member(row: ExtensionRow, link: Link, clock: SiteClock) -> TakenOver | None:
    if row.member_id is None:
        return None
    since = _moment(row, clock)
    status = row.status.value if row.status is not None else None
    return TakenOver(row.member_id, row.email, status, since, row.contact_id, _base_of(row, link))


def _base_of(row: ExtensionRow, link: Link) -> Base:
    return row.base(link.group_id, link.interests)


def _moment(row: ExtensionRow, clock: SiteClock) -> datetime | None:
    """Return since when a member has its status. Where the zone leaves a choice, nobody who left is mailed for it."""
    if row.status_since is None or not is_local_time(row.status_since):
        return moment_with_zone(row.status_since or "")
    try:
        return (clock.earliest if row.status in SUBSCRIBED_STATUSES else clock.latest)(row.status_since)
    except ValueError:
        return None
