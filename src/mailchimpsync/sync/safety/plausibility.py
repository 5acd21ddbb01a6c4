"""Whether what was read can be believed: everybody gone at once is a reason to stop, not to remove them.

Whoever leaves one by one, by a webhook, is never doubted here. Below `PEOPLE_MIN` nothing is doubted either: of a
handful of people all may well leave in a week, and the harm of believing it is small and easily mended. Above, more
than half has to be gone without a trace: people come and go by per cents, and a reading that is wrong loses almost
everybody. See docs/decisions/proof-before-removal.md.
"""

from __future__ import annotations

from mailchimpsync.errors import Code, SuspicionError
from mailchimpsync.store.runs import plausibility
from mailchimpsync.sync.context import Run

PEOPLE_MIN = 10
"""Of fewer people any number may be gone; the guard counts shares from 20 on, but only where what was read is true."""

SHARE_MISSING_MAX = 0.5


def is_most_of(missing: int, known: int) -> bool:
    """Say whether too many of those who were known are missing."""
    return missing >= PEOPLE_MIN and missing > known * SHARE_MISSING_MAX


def check_members(run: Run) -> None:
    """Doubt an audience in which nobody is subscribed any more, or that has lost most members without a trace.

    To be called when all pages are read, before those who are missing are forgotten.

    Raises:
        SuspicionError: `MC_AUDIENCE_EMPTY`, `MC_MEMBERS_VANISHED`.
    """
    if run.accepts_empty:
        return
    everything = run.since is None
    with run.transaction() as tx:
        is_empty = not plausibility.anybody_subscribed(tx, run.list_id, run.id if everything else None)
        agreed = plausibility.count_agreed(tx, run.list_id) if is_empty else 0
        known, missing = plausibility.members_missing(tx, run.list_id, run.id) if everything else (0, 0)
    if agreed >= PEOPLE_MIN:
        what = f"Nobody is subscribed in audience {run.list_id} any more; {agreed:,} people were at the last sync"
        raise SuspicionError(Code.MC_AUDIENCE_EMPTY, what)
    if is_most_of(missing, known):
        what = f"{missing:,} of the {known:,} members we knew are not in audience {run.list_id} any more"
        raise SuspicionError(Code.MC_MEMBERS_VANISHED, what)


def check_contacts(run: Run, *, known: int, missing: int) -> None:
    """Doubt a site in which most contacts that own rows are not there, not even in the trash.

    Raises:
        SuspicionError: `CV_CONTACTS_VANISHED`.
    """
    if not run.accepts_empty and is_most_of(missing, known):
        raise contacts_vanished(known, missing)


def contacts_vanished(known: int, missing: int) -> SuspicionError:
    """Return the error for contacts that are not there."""
    what = f"CiviCRM does not show {missing:,} of {known:,} contacts we knew, not even in the trash"
    return SuspicionError(Code.CV_CONTACTS_VANISHED, what)


def check_groups(run: Run) -> None:
    """Doubt a group in which nobody is any more, or that has lost most contacts without a trace.

    To be called when groups and history are read, before what was not seen is forgotten.

    Raises:
        SuspicionError: `CV_GROUP_EMPTY`, `CV_GROUP_OTHER`.
    """
    if run.accepts_empty:
        return
    for group_id in run.connection.group_ids:
        agreed = _agreed_in(run, group_id) if _is_empty(run, group_id) else 0
        if agreed >= PEOPLE_MIN:
            what = f"Nobody is in group {group_id} any more; {agreed:,} people were at the last sync"
            raise SuspicionError(Code.CV_GROUP_EMPTY, what)
    if run.since is not None:
        return
    with run.transaction() as tx:
        known, missing = plausibility.memberships_missing(tx, run.list_id, run.connection.group_id, run.id)
    if is_most_of(missing, known):
        what = f"CiviCRM shows no trace in group {run.connection.group_id} of {missing:,} of the {known:,} people in it"
        raise SuspicionError(Code.CV_GROUP_OTHER, what)


def _is_empty(run: Run, group_id: int) -> bool:
    """Only a group of which the run has seen something can have become empty since the last full reading."""
    with run.transaction() as tx:
        if plausibility.anybody_in_group(tx, run.list_id, group_id, run.id):
            return False
        if run.since is None:
            return True
        changed = plausibility.has_seen_group(tx, run.list_id, group_id, run.id)
        return changed and not plausibility.anybody_in_group(tx, run.list_id, group_id, None)


def _agreed_in(run: Run, group_id: int) -> int:
    interests = [interest for interest, group in run.connection.interests.items() if group == group_id]
    with run.transaction() as tx:
        if group_id == run.connection.group_id:
            return plausibility.count_agreed(tx, run.list_id, with_contact=True)
        return max(
            plausibility.count_agreed(tx, run.list_id, with_contact=True, interest=interest) for interest in interests
        )
