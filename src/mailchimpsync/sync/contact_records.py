"""Keeps on contacts in CiviCRM what Mailchimp says, after a run; see docs/decisions/what-mailchimp-says.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from mailchimpsync.civicrm import ContactRecord, delete_records, save_records, time_difference
from mailchimpsync.errors import REGISTRY, Code, EvidenceError, RemoteError
from mailchimpsync.messages import say
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache.contact_records import (
    Told,
    contacts_without_row,
    drop_records,
    keep_records,
    outdated_records,
)
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.options import Systems

SECONDS_MAX = 60
"""How long one call may write. The first writing of a large group takes minutes, so it goes on in the next calls."""

RECORDS_FIRST, RECORDS_PER_STEP = 50, 2_000
"""Records in the first step of a call, and in the others."""

REFUSED_ALIKE = 10
"""If so many records are refused and none is taken, it isn't the contacts that are wrong, but the fields."""


def keep_contact_records(systems: Systems, connection: Connection, deadline: Deadline, lease: runs.Lease) -> str | None:
    """Write what has changed since it was last written; return why that failed, for the caller to know.

    Nothing is read back, and without a difference nothing is asked. A call that is cut off is repeated by the next one.
    A record that CiviCRM refuses is tried again only when it changes.
    """
    keeping = _Keeping(systems, connection, lease)
    if not keeping.is_needed:
        return None
    end = systems.runtime.now() + timedelta(seconds=deadline.seconds_left(SECONDS_MAX))
    try:
        with _until(systems, replace(deadline, at=end, ends_at=None)) as limited:
            keeping.work(limited)
    except (RemoteError, EvidenceError) as error:
        return say(
            "What Mailchimp says isn't up to date on contacts: %(why)s [%(code)s].", why=error.what, code=error.code
        )
    return None


@contextmanager
def _until(systems: Systems, deadline: Deadline) -> Iterator[Deadline]:
    before, systems.civicrm.deadline = systems.civicrm.deadline, deadline
    try:
        yield deadline
    finally:
        systems.civicrm.deadline = before


class _Keeping:
    """The records of one audience."""

    def __init__(self, systems: Systems, connection: Connection, lease: runs.Lease) -> None:
        self._systems, self._list_id, self._lease = systems, connection.list_id, lease
        self._name = connection.audience_name or connection.list_id

    @property
    def is_needed(self) -> bool:
        """Whether anything differs from what was last written."""
        with self._systems.store.reading() as tx:
            return bool(self._outdated(tx, 1) or contacts_without_row(tx, self._list_id, 1))

    def work(self, deadline: Deadline) -> None:
        """Write step by step: CiviCRM first, then our own note of it, so that a step that is cut off is repeated."""
        ahead, size = time_difference(self._systems.civicrm), RECORDS_FIRST
        while not deadline.reached and (self._save_some(ahead, size) or self._delete_some()):
            size = RECORDS_PER_STEP

    def _save_some(self, ahead: timedelta, size: int) -> bool:
        with self._systems.store.reading() as tx:
            told = self._outdated(tx, size)
        if told:
            records = [ContactRecord(one.contact_id, one.status, one.since, _sentence(one.reason)) for one in told]
            refused = save_records(self._systems.civicrm, (self._list_id, self._name), records, ahead)
            if len(refused) == len(told) >= REFUSED_ALIKE:
                raise next(iter(refused.values()))
            with self._systems.store.begin() as tx:
                runs.renew_lease(tx, self._lease)
                keep_records(tx, self._list_id, self._name, told)
        return bool(told)

    def _delete_some(self) -> bool:
        with self._systems.store.reading() as tx:
            gone = contacts_without_row(tx, self._list_id, RECORDS_PER_STEP)
        if gone:
            delete_records(self._systems.civicrm, self._list_id, gone)
            with self._systems.store.begin() as tx:
                runs.renew_lease(tx, self._lease)
                drop_records(tx, self._list_id, gone)
        return bool(gone)

    def _outdated(self, tx: Transaction, limit: int) -> list[Told]:
        return outdated_records(tx, self._list_id, self._name, limit)


def _sentence(reason: str | None) -> str | None:
    if reason is None:
        return None
    return str(REGISTRY[Code(reason)].sentence) if reason in Code.__members__ else reason or "Not known"
