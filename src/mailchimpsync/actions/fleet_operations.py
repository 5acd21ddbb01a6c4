"""What the operators of a fleet do to many sites at once, or to one: previewed, carried out, and recorded."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from mailchimpsync.actions.fleet.fleet import Fleet
from mailchimpsync.actions.fleet.migration import migrate_one
from mailchimpsync.actions.fleet_overview import SiteOverview, note_site, overview
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.status.connection_state import StateName
from mailchimpsync.actions.sync.pause import pausesync, resumesync
from mailchimpsync.actions.work import Kind
from mailchimpsync.config import Link
from mailchimpsync.config.settings import OPERATOR_PREFIX
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.messages import say
from mailchimpsync.store.engine.database import newest_schema
from mailchimpsync.store.fleet import operations
from mailchimpsync.store.fleet.operations import Operation, OperationSite

LINK_SECONDS = 60
_LINK_BYTES = 32


class BulkAction(StrEnum):
    """What can be done to many sites."""

    PAUSE = "pause"
    RESUME = "resume"
    SYNC = "sync"
    UPGRADE = "upgrade"


OPEN = "open"
"""In the record: an operator opened a site."""


@dataclass(frozen=True, slots=True)
class SiteEffect:
    """What an action would do to a site; `number`: to how many of its connections, or 1 for an upgrade; 0: nothing."""

    site: SiteOverview
    number: int


def preview_bulk(fleet: Fleet, action: BulkAction, names: Sequence[str]) -> list[SiteEffect]:
    """Return what an action would do to sites, by what is known of them; nothing is changed."""
    return [SiteEffect(one, _number(action, one)) for one in overview(fleet, names)]


def _number(action: BulkAction, one: SiteOverview) -> int:
    if action is BulkAction.UPGRADE:
        return int(one.site.schema_number != newest_schema())
    if one.site.disabled_at is not None:
        return 0
    is_paused = action is BulkAction.RESUME
    return sum((state is StateName.PAUSED) is is_paused for state in one.states.values())


def begin_bulk(fleet: Fleet, action: BulkAction, names: Sequence[str], *, by: str, reason: str | None = None) -> int:
    """Record that an action begins for these sites, and return the operation's number; then call `carry_out`."""
    now = fleet.runtime.now()
    with fleet.store.begin() as tx:
        if fleet.settings.journal_days:
            operations.prune_operations(tx, now - timedelta(days=fleet.settings.journal_days))
        return operations.add_operation(tx, action.value, by, names, now, reason=reason)


def carry_out(fleet: Fleet, number: int, stop: Callable[[], bool]) -> None:
    """Carry an operation out, site by site. A failure is recorded, and stops no other site.

    Raises:
        StoreError: the fleet's own tables can't be used.
    """
    with fleet.store.reading() as tx:
        found, sites = operations.find_operation(tx, number), operations.sites_of(tx, number)
    if found is None:
        return
    for one in sites:
        if stop():
            return
        outcome, has_failed = _done(fleet, found, one.site)
        with fleet.store.begin() as tx:
            operations.note_outcome(tx, number, one.site, outcome, has_failed=has_failed)
    with fleet.store.begin() as tx:
        operations.end_operation(tx, number, fleet.runtime.now())


def _done(fleet: Fleet, operation: Operation, name: str) -> tuple[str, bool]:
    try:
        problem = _do(fleet, operation, name)
        note_site(fleet, fleet.site(name))
    except MailchimpsyncError as error:
        return str(error.what), True
    return (problem, True) if problem is not None else (say("done"), False)


def _do(fleet: Fleet, operation: Operation, name: str) -> str | None:
    action = BulkAction(operation.what)
    if action is BulkAction.UPGRADE:
        return migrate_one(fleet, name).problem
    with fleet.open(name) as site:
        for link in site.configuration.connections:
            _ACTIONS[action](site, link, operation)
    return None


def _pause(site: Site, link: Link, operation: Operation) -> None:
    pausesync(site, group_id=link.group_id, by=f"{OPERATOR_PREFIX}{operation.by}", reason=operation.reason)


_ACTIONS: dict[BulkAction, Callable[[Site, Link, Operation], object]] = {
    BulkAction.PAUSE: _pause,
    BulkAction.RESUME: lambda site, link, _: resumesync(site, group_id=link.group_id),
    BulkAction.SYNC: lambda site, link, _: site.enqueue(Kind.SYNC, link.audience_id),
}


def list_operations(fleet: Fleet, limit: int = 100) -> list[tuple[Operation, int, str]]:
    """Return what operators did, newest first: each with the number of sites, and the name of the first."""
    with fleet.store.reading() as tx:
        return operations.newest_operations(tx, limit)


def read_operation(fleet: Fleet, number: int) -> tuple[Operation, list[OperationSite]] | None:
    """Return an operation with its sites; None: there is none."""
    with fleet.store.reading() as tx:
        found = operations.find_operation(tx, number)
        return (found, operations.sites_of(tx, number)) if found is not None else None


def make_link(fleet: Fleet, name: str, *, by: str) -> str:
    """Record that an operator opens a site, and return a word that signs them in there: once, within a minute.

    Raises:
        UsageError: there is no such site.
    """
    fleet.site(name)
    word, now = secrets.token_urlsafe(_LINK_BYTES), fleet.runtime.now()
    with fleet.store.begin() as tx:
        number = operations.add_operation(tx, OPEN, by, [name], now)
        operations.note_outcome(tx, number, name, say("done"), has_failed=False)
        operations.end_operation(tx, number, now)
        operations.add_link(tx, _digest(word), name, by, now, now + timedelta(seconds=LINK_SECONDS))
    return word


def use_link(fleet: Fleet, name: str, word: str) -> str | None:
    """Return the operator who opens a site with a word; None: it is not valid, here or any more."""
    with fleet.store.begin() as tx:
        return operations.use_link(tx, _digest(word), name, fleet.runtime.now())


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "replace")).hexdigest()
