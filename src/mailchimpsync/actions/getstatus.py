"""`Mailchimpsync.getstatus`: where every connection stands (existing-extension.md 15.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.model import Stage
from mailchimpsync.store import Transaction, counts, rows, runs, updates


@dataclass(frozen=True, slots=True)
class Failure:
    """Why some rows can't be synced, in words, and who can mend it."""

    code: str
    count: int
    sentence: str
    remedy: str
    who: str


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """Where a connection stands; times are UTC.

    Attributes:
        running: whether a run is at work now; `interrupted`: whether one stopped midway, and the next call goes on.
        in_sync: whether nothing is due or under way; people who can't be synced don't count against it.
        to_add, to_remove: how many are subscribed here and not there, and the other way round, as last read.
        cannot_subscribe: how many group members can't be subscribed; `other_fails`: the other failed rows.
        rows: number of rows by sync status.
        last_error: the code of the error that ended the last run, if one did.
    """

    link: Link
    stage: str
    running: bool
    interrupted: bool
    in_sync: bool
    last_sync_time: datetime | None
    rows: Mapping[str, int]
    subscribed_at_civicrm: int
    subscribed_at_mailchimp: int
    to_add: int
    to_remove: int
    cannot_subscribe: int
    other_fails: int
    updates_outstanding: int
    updates_unsent: int
    failures: tuple[Failure, ...]
    last_outcome: str | None
    last_error: str | None
    log: tuple[tuple[datetime, str], ...]


def getstatus(site: Site, group_id: int | None = None) -> list[ConnectionStatus]:
    """Return where every connection stands, or that of one subscription group; asks neither side.

    Raises:
        ConfigurationError: nothing is connected. UsageError: no such group.
    """
    with site.store.begin() as tx:
        return [_status(tx, link, site.runtime.now()) for link in find_links(site, group_id)]


def _status(tx: Transaction, link: Link, now: datetime) -> ConnectionStatus:
    list_id = link.audience_id
    standing = runs.standing(tx, list_id)
    agreement = counts.agreement(tx, list_id, link.group_id)
    by_status = rows.count_by_status(tx, list_id)
    outstanding, unsent = updates.count_open_updates(tx, list_id)
    last: Mapping[str, Any] = runs.last_run(tx, list_id) or {}
    running = standing.lease_expires is not None and standing.lease_expires > now
    settled = standing.run_id is None and standing.stage is Stage.FETCH and standing.last_sync_time is not None
    due = outstanding + agreement.to_add + agreement.to_remove + by_status.get("todo", 0)
    return ConnectionStatus(
        link=link,
        stage=standing.stage.value,
        running=running,
        interrupted=standing.run_id is not None and not running,
        in_sync=settled and not due,
        last_sync_time=standing.last_sync_time,
        rows=by_status,
        subscribed_at_civicrm=agreement.subscribed_at_civicrm,
        subscribed_at_mailchimp=agreement.subscribed_at_mailchimp,
        to_add=agreement.to_add,
        to_remove=agreement.to_remove,
        cannot_subscribe=agreement.cannot_subscribe,
        other_fails=agreement.other_fails,
        updates_outstanding=outstanding,
        updates_unsent=unsent,
        failures=_failures(rows.failures_by_reason(tx, list_id)),
        last_outcome=last.get("outcome"),
        last_error=last.get("error_code"),
        log=tuple(runs.log_lines(tx, list_id, last["id"])) if last else (),
    )


def _failures(by_reason: Mapping[str, int]) -> tuple[Failure, ...]:
    """The most frequent first."""
    found = sorted(by_reason.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(_failure(code, number) for code, number in found)


def _failure(code: str, number: int) -> Failure:
    entry = REGISTRY[Code(code)] if code in Code.__members__ else None
    if entry is None:
        return Failure(code, number, "For a reason this version does not know.", "Sync everything again.", "")
    return Failure(code, number, entry.sentence, entry.remedy, entry.who.value)
