"""Whether what was read is plausible: if everyone has gone at once, the run stops instead of removing them.

People who leave one by one, by a webhook, are never doubted here. Neither are losses among fewer than `PEOPLE_MIN`: a
handful of people may all leave in a week, and believing a wrong reading does little harm that is easily undone. Above
that, more than half must have vanished without a trace: people come and go by a few per cent, and a wrong reading loses
almost everyone. See docs/decisions/proof-before-removal.md.
"""

from __future__ import annotations

from mailchimpsync.errors import Code, SuspicionError
from mailchimpsync.messages import say
from mailchimpsync.store.runs import plausibility
from mailchimpsync.sync.context import Run

PEOPLE_MIN = 10
"""Of fewer people, any number may be gone; the guard counts shares from 20 on, but relies on a true reading."""

SHARE_MISSING_MAX = 0.5


def is_most_of(missing: int, known: int) -> bool:
    """Return whether too many known people are missing."""
    return missing >= PEOPLE_MIN and missing > known * SHARE_MISSING_MAX


def check_members(run: Run) -> None:
    """Doubt an audience with no subscribers left, or that has lost most members without a trace.

    Call it when all pages are read, before missing members are forgotten.

    Raises:
        SuspicionError: `MC_AUDIENCE_EMPTY`, `MC_MEMBERS_VANISHED`.
    """
    if run.accepts_empty:
        return
    everything = run.since is None
    with run.transaction() as tx:
        is_empty = not plausibility.has_subscribed_members(tx, run.list_id, run.id if everything else None)
        agreed = plausibility.count_agreed(tx, run.list_id) if is_empty else 0
        known, missing = plausibility.members_missing(tx, run.list_id, run.id) if everything else (0, 0)
    if agreed >= PEOPLE_MIN:
        what = say(
            "Nobody is subscribed in audience %(id)s any more; %(agreed)s people were at the last sync",
            id=run.list_id,
            agreed=f"{agreed:,}",
        )
        raise SuspicionError(Code.MC_AUDIENCE_EMPTY, what)
    if is_most_of(missing, known):
        what = say(
            "%(missing)s of the %(known)s members we knew are not in audience %(id)s any more",
            missing=f"{missing:,}",
            known=f"{known:,}",
            id=run.list_id,
        )
        raise SuspicionError(Code.MC_MEMBERS_VANISHED, what)


def check_contacts(run: Run, *, known: int, missing: int) -> None:
    """Doubt a site where most contacts that own rows are missing, even from the trash.

    Raises:
        SuspicionError: `CV_CONTACTS_VANISHED`.
    """
    if not run.accepts_empty and is_most_of(missing, known):
        raise contacts_vanished(known, missing)


def contacts_vanished(known: int, missing: int) -> SuspicionError:
    """Return the error for missing contacts."""
    what = say(
        "CiviCRM doesn't show %(missing)s of %(known)s contacts we knew, not even in the trash",
        missing=f"{missing:,}",
        known=f"{known:,}",
    )
    return SuspicionError(Code.CV_CONTACTS_VANISHED, what)


def check_groups(run: Run) -> None:
    """Doubt a group with no members left, or that has lost most contacts without a trace.

    Call it when groups and history are read, before unseen entries are forgotten.

    Raises:
        SuspicionError: `CV_GROUP_EMPTY`, `CV_GROUP_OTHER`.
    """
    if run.accepts_empty:
        return
    for group_id in run.connection.group_ids:
        agreed = _agreed_in(run, group_id) if _is_empty(run, group_id) else 0
        if agreed >= PEOPLE_MIN:
            what = say(
                "Nobody is in group %(id)s any more; %(agreed)s people were at the last sync",
                id=group_id,
                agreed=f"{agreed:,}",
            )
            raise SuspicionError(Code.CV_GROUP_EMPTY, what)
    if run.since is not None:
        return
    with run.transaction() as tx:
        known, missing = plausibility.memberships_missing(tx, run.list_id, run.connection.group_id, run.id)
    if is_most_of(missing, known):
        what = say(
            "CiviCRM shows no trace in group %(id)s of %(missing)s of the %(known)s people in it",
            id=run.connection.group_id,
            missing=f"{missing:,}",
            known=f"{known:,}",
        )
        raise SuspicionError(Code.CV_GROUP_OTHER, what)


def _is_empty(run: Run, group_id: int) -> bool:
    """Return whether a group has become empty since the last full reading; only a group the run has read can."""
    with run.transaction() as tx:
        if plausibility.has_group_members(tx, run.list_id, group_id, run.id):
            return False
        if run.since is None:
            return True
        changed = plausibility.has_seen_group(tx, run.list_id, group_id, run.id)
        return changed and not plausibility.has_group_members(tx, run.list_id, group_id, None)


def _agreed_in(run: Run, group_id: int) -> int:
    interests = [interest for interest, group in run.connection.interests.items() if group == group_id]
    with run.transaction() as tx:
        if group_id == run.connection.group_id:
            return plausibility.count_agreed(tx, run.list_id, with_contact=True)
        return max(
            plausibility.count_agreed(tx, run.list_id, with_contact=True, interest=interest) for interest in interests
        )
