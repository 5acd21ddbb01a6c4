"""Contacts about which nothing certain is known: CiviCRM doesn't show them, or a record of theirs can't be read.

Their rows keep what is known, fail with the reason, and are checked again in each run. Nothing is removed or changed
for them (docs/decisions/hidden-contacts.md).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from mailchimpsync.civicrm import UnreadableRow
from mailchimpsync.errors import Code
from mailchimpsync.store.cache import contacts
from mailchimpsync.sync.context import Run

NAMED_MAX = 20
"""This many unreadable records of a reading are named in the log; the others are counted."""


class UnreadableContacts(NamedTuple):
    """The contacts with unreadable records; `complete`: no others can be affected."""

    contacts: frozenset[int] = frozenset()
    complete: bool = True


def record_unreadable_rows(run: Run) -> UnreadableContacts:
    """Name the unreadable records in the log, record the problem for their contacts, and return those."""
    found = list(dict.fromkeys(run.unreadable))
    run.unreadable.clear()
    if not found:
        return UnreadableContacts()
    if news := [one for one in found if one not in run.named_rows]:
        run.named_rows.update(news)
        run.log(_unreadable_sentence(news))
    unread = UnreadableContacts(contacts_with_rows(found), all(one.contact_id is not None for one in found))
    with run.transaction() as tx:
        contacts.record_problem(tx, run.list_id, sorted(unread.contacts), Code.CV_UNREADABLE.value)
    return unread


def record_invisible(run: Run, contact_ids: Collection[int]) -> None:
    """Record that CiviCRM doesn't show contacts, which proves nothing."""
    if not contact_ids:
        return
    with run.transaction() as tx:
        changed = contacts.record_problem(tx, run.list_id, sorted(contact_ids), Code.CV_NOT_VISIBLE.value)
    if changed:
        run.log(f"CiviCRM doesn't show {changed} contacts that we know; they may or may not be gone.")


def clear_problems(run: Run, contact_ids: Collection[int]) -> None:
    """Record that contacts exist, and that all of them could be read."""
    if contact_ids:
        with run.transaction() as tx:
            contacts.clear_problems(tx, run.list_id, sorted(contact_ids))


def contacts_with_rows(unreadable: Collection[UnreadableRow]) -> frozenset[int]:
    """Return the contacts the records belong to, where that is known."""
    return frozenset(one.contact_id for one in unreadable if one.contact_id is not None)


def _unreadable_sentence(unreadable: Collection[UnreadableRow]) -> str:
    names = "; ".join(str(one) for one in list(unreadable)[:NAMED_MAX])
    more = len(unreadable) - NAMED_MAX
    rest = f"; and {more} more" if more > 0 else ""
    return f"{len(unreadable)} of CiviCRM's records can't be read: {names}{rest}."
