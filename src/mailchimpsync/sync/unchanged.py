"""Whether a run is needed at all: if nothing has changed on either side since the last one, none is started.

Two requests answer that, one to each side, whatever the size of the audience. Nothing is written after them on either
side, and the mark stays, so a run soon reads the same period with all its proofs
(docs/decisions/unchanged.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from mailchimpsync.civicrm import site_changes
from mailchimpsync.civicrm.times import to_site
from mailchimpsync.mailchimp import NewestChanges, newest_changes
from mailchimpsync.model import Connection
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.queries import due
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import alerts
from mailchimpsync.sync.options import Options, Systems
from mailchimpsync.sync.reading.modified import (
    CLOCKS_CHANGE_BY,
    OVERLAP,
    asked_since,
    changes_to_read,
    is_any_second_missing,
)
from mailchimpsync.sync.safety.changed_links import group_links

RUN_EVERY = timedelta(hours=1)
"""How often a run is made although nothing has changed: it proves again all that is believed meanwhile."""

STILL_CHANGING = timedelta(seconds=10)
"""Mailchimp's dates are whole seconds: within one that has just passed, more may change."""

FINGERPRINT = "audience"
"""The key in what is remembered: the audience's newest changes, from before a run read it."""

_AT, _HASH = "at", "hash"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The audience's newest changes as a short text; None: it is just being changed."""

    text: str | None

    def to_remember(self, begun: datetime) -> Mapping[str, Any]:
        """Return the form in which a run that has just begun remembers it."""
        return {FINGERPRINT: {_AT: begun.isoformat(), _HASH: self.text}}


NOT_ASKED = Fingerprint(None)


def fingerprint_of(systems: Systems, connection: Connection) -> Fingerprint:
    """Ask Mailchimp for the audience's newest changes.

    Raises:
        AccessError, RefusedError, TransientError: Mailchimp can't be asked.
    """
    found = newest_changes(systems.mailchimp, connection.list_id)
    now = systems.runtime.now() - (systems.mailchimp.clock_ahead or timedelta(0))
    if any(now - at < STILL_CHANGING for _, at in found.newest):
        return NOT_ASKED
    return Fingerprint(_text_of(found))


def _text_of(found: NewestChanges) -> str:
    """Return a hash of the members on the page, except those of its oldest second, of which some may not be on it."""
    oldest = min((at for _, at in found.newest), default=None)
    lines = sorted(f"{member} {at.isoformat()}" for member, at in found.newest if at != oldest)
    return sha256("\n".join([str(found.total), str(oldest), *lines]).encode()).hexdigest()


def is_unchanged(systems: Systems, connection: Connection, options: Options, now_there: Fingerprint) -> bool:
    """Return whether everything is as the last run left it, so that no run is needed; `now_there` is Mailchimp's state.

    Raises:
        EvidenceError, AccessError, TransientError: CiviCRM can't be asked or believed.
    """
    with systems.store.reading() as tx:
        stored = runs.stored_status(tx, connection.list_id)
        if not _may_be_unchanged(tx, stored, connection, options, systems.runtime.now()):
            return False
    mark, seen = stored.last_sync_time, stored.seen or {}
    if mark is None or now_there.text is None or seen[FINGERPRINT].get(_HASH) != now_there.text:
        return False
    asked = asked_since(seen, mark, systems.runtime.now())
    checked = site_changes(systems.civicrm, connection.group_ids, asked)
    if checked.view is None or is_any_second_missing(seen, mark, checked.view):
        return False
    since = mark - OVERLAP
    earliest = to_site(since - CLOCKS_CHANGE_BY, checked.clock.offset)
    return changes_to_read(seen, mark, since, earliest, checked.view, checked.clock).none


def _may_be_unchanged(
    tx: Transaction, stored: runs.StoredStatus, connection: Connection, options: Options, now: datetime
) -> bool:
    """Return whether the last run was complete and recent, nobody is waiting, and no special run is wanted."""
    mark, remembered = stored.last_sync_time, (stored.seen or {}).get(FINGERPRINT) or {}
    return (
        _is_usual(options)
        and mark is not None
        and timedelta(0) <= now - mark < RUN_EVERY
        and remembered.get(_AT) == mark.isoformat()
        and stored.run_id is None
        and stored.failing_code is None
        and stored.links == group_links(connection)
        and not connection.trusted
        and kept_plans.approved_plan(tx, connection.list_id) is None
        and not due.is_anything_waiting(tx, connection.list_id, now)
        and not alerts.abandoned_events(tx, connection.list_id, mark)
    )


def _is_usual(options: Options) -> bool:
    """Return whether the caller asks for nothing but what has changed since the last run."""
    usual = replace(Options(), by=options.by, still_due=options.still_due, wait_for_batches=options.wait_for_batches)
    return options == replace(usual, only_if_changed=True)
