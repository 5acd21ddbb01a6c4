"""Before a run starts: can both systems be reached, are their clocks right, and are they the ones we know?

This takes only the two requests that check key, audience and groups anyway; they also look for what was seen before.
See docs/decisions/proof-before-removal.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.civicrm import Group, Landmark, LandmarkView, LookBack, SessionZone, SiteCheck, site
from mailchimpsync.errors import Code, EvidenceError, SuspicionError
from mailchimpsync.mailchimp import audience
from mailchimpsync.messages import moment, say
from mailchimpsync.model import Connection
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanKind
from mailchimpsync.store.runs import plausibility, runs
from mailchimpsync.sync.options import Options, Systems
from mailchimpsync.sync.reading.modified import asked_since
from mailchimpsync.sync.safety.plausibility import contacts_vanished, is_most_of

CLOCK_OFF_MAX = timedelta(minutes=30)
"""Runs go back two hours before the mark, so a clock that is off by less makes them miss nothing."""

CLOCK_JUMP = timedelta(hours=20)
"""A site's time zone never moves this far; its clock may, and one reading can't tell a day from a zone."""

ZONE_SHIFT_MAX = timedelta(hours=27)
"""The same moment may be displayed differently at two readings, by time zone and summer time, in quarter hours."""

ACCEPTANCE_VALID_FOR = timedelta(days=1)
"""For the calls that continue a run; an acceptance given long ago didn't consider the present state."""

JOURNAL_DELAY_MAX = timedelta(hours=1)
"""Between a change in CiviCRM and its journal entry lies one step, however often it was retried."""

QUARTER_HOUR = timedelta(minutes=15)
LANDMARK_COUNT = 30
DOUBLE_OPTIN = "double_optin"
NOTHING_CHECKED = LandmarkView((), {}, {})


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found: the site, and what to remember of it; `log_lines` are lines for the run's log.

    `double_optin`: the audience's own setting.
    """

    checked: SiteCheck
    seen: Mapping[str, Any]
    accepts_empty: bool
    log_lines: Sequence[str]
    double_optin: bool = False


def check_both_sides(systems: Systems, connection: Connection, options: Options) -> Preflight:
    """Check both systems.

    Raises:
        EvidenceError: `CLOCK`, and those of `check_civicrm`.
        SuspicionError: `CV_RESTORED`, `CV_CONTACTS_VANISHED`, `OWN_RESTORED`.
        AccessError, RefusedError: an API key is wrong or lacks permission; no such audience.
    """
    list_id = connection.list_id
    with systems.store.begin() as tx:
        stored = runs.stored_status(tx, list_id)
        accepts_empty = options.accept_empty or _was_accepted(tx, stored, options, systems.runtime.now())
    double_optin = audience(systems.mailchimp, list_id).double_optin
    checked = check_civicrm(systems, connection, accept_empty=accepts_empty, accept_restored=options.accept_restored)
    renamed = list(_renamed(stored.seen or {}, checked.groups))
    seen = {**_landmarks_to_keep(checked), DOUBLE_OPTIN: double_optin}
    return Preflight(checked, seen, accepts_empty, renamed, double_optin)


def check_civicrm(
    systems: Systems, connection: Connection, *, accept_empty: bool = False, accept_restored: bool = False
) -> SiteCheck:
    """Check CiviCRM alone: can it be reached, is its clock right, and does it still show what it showed before?

    Raises:
        EvidenceError, SuspicionError: as `check_both_sides`.
    """
    _check_our_clock(systems)
    with systems.store.begin() as tx:
        stored = runs.stored_status(tx, connection.list_id)
        before = stored.seen or {}
        canaries = plausibility.sample_owners(tx, connection.list_id, LANDMARK_COUNT, systems.runtime.chance)
        last_work = plausibility.last_activity(tx, connection.list_id)
    landmarks = [_landmark(one) for one in before.get("entries", ())]
    contacts = sorted({*canaries, *(one.contact_id for one in landmarks)})
    modified_since = asked_since(before, stored.last_sync_time, systems.runtime.now())
    look_back = LookBack([one.id for one in landmarks], contacts, connection.group_id, modified_since)
    checked = site(systems.civicrm, connection.group_ids, look_back=look_back)
    view = checked.view or NOTHING_CHECKED
    checked = replace(
        checked, clock=checked.clock.with_session(_session_of(before, landmarks, view, checked.clock.offset))
    )
    _check_their_clock(before, checked.clock.offset)
    if not accept_restored:
        _check_database_restored(systems, landmarks, view, last_work)
        _check_history(landmarks, view, connection.group_ids)
        missing = [contact for contact in canaries if contact not in view.contacts]
        if not accept_empty and is_most_of(len(missing), len(canaries)):
            raise contacts_vanished(len(canaries), len(missing))
    return checked


def _was_accepted(tx: Transaction, stored: runs.StoredStatus, options: Options, now: datetime) -> bool:
    """Return whether the interrupted run, or the one whose held plan was approved, was told to believe it."""
    approved = kept_plans.approved_plan(tx, stored.list_id)
    held_run = approved.run_id if approved is not None and approved.kind == PlanKind.HELD else None
    if held_run is not None and runs.run_start(tx, held_run).accepts_empty:
        return True
    if stored.run_id is None or options.force_restart:
        return False
    begun = runs.run_start(tx, stored.run_id)
    return begun.accepts_empty and now - begun.at <= ACCEPTANCE_VALID_FOR


def _check_our_clock(systems: Systems) -> None:
    ahead = systems.mailchimp.clock_ahead
    if ahead is not None and abs(ahead) > CLOCK_OFF_MAX:
        seconds = round(ahead.total_seconds())
        raise EvidenceError(
            Code.CLOCK, say("This machine's clock differs from Mailchimp's by %(seconds)s seconds", seconds=seconds)
        )


def _check_their_clock(before: Mapping[str, Any], offset: timedelta) -> None:
    moved = offset - timedelta(minutes=before.get("offset_minutes", offset / timedelta(minutes=1)))
    if abs(moved) >= CLOCK_JUMP:
        hours = round(moved / timedelta(hours=1))
        raise EvidenceError(
            Code.CV_CLOCK, say("CiviCRM's clock has moved by %(hours)s hours since the last sync", hours=hours)
        )


def _session_of(
    before: Mapping[str, Any], landmarks: Collection[Landmark], view: LandmarkView, offset: timedelta
) -> SessionZone:
    """Return how the site's session knows its time zone: as before, or learnt from entries before a clock change.

    The same entry is read again with another offset. A session with a numeric zone shows it shifted by as much, so that
    the moment is still the same; one with a named zone shows it as before, so that it seems to have moved.
    """
    known = SessionZone(before.get("session", SessionZone.UNKNOWN))
    moved = offset - timedelta(minutes=before.get("offset_minutes", offset / timedelta(minutes=1)))
    shifts = {view.entries[one.id].date - one.date for one in landmarks if one.id in view.entries}
    if not moved or len(shifts) != 1:
        return known
    shift = shifts.pop()
    if not shift:
        return SessionZone.NUMERIC
    return SessionZone.NAMED if shift == -moved else SessionZone.UNKNOWN


def _check_history(landmarks: Collection[Landmark], view: LandmarkView, group_ids: Collection[int]) -> None:
    lost = [one for one in landmarks if one.group_id in group_ids and _landmark_is_missing(one, view)]
    if lost:
        raise SuspicionError(
            Code.CV_RESTORED,
            say(
                "CiviCRM's group history has lost %(lost)s of the %(number)s entries that were its newest at the "
                "last sync",
                lost=len(lost),
                number=len(landmarks),
            ),
        )


def _check_database_restored(
    systems: Systems, landmarks: Collection[Landmark], view: LandmarkView, last_work: datetime | None
) -> None:
    """Doubt our own database if CiviCRM has a change by us that it doesn't know: it is an older copy.

    The known end of the history is read after CiviCRM was asked: another connection may have changed it meanwhile. If
    changes were interrupted, it isn't known, and the time they can take is allowed for.
    """
    own = view.own
    if own is None or last_work is None or not landmarks or own.id <= max(one.id for one in landmarks):
        return
    with systems.store.begin() as tx:
        known_to = runs.history_known_to(tx)
    is_news = own.id > known_to if known_to is not None else own.date > last_work + JOURNAL_DELAY_MAX
    if is_news:
        raise SuspicionError(
            Code.OWN_RESTORED,
            say(
                "CiviCRM has a change that we made at %(date)s, but our own records end at %(end)s",
                date=moment(own.date),
                end=moment(last_work),
            ),
        )


def _landmark_is_missing(landmark: Landmark, view: LandmarkView) -> bool:
    """An entry is deleted with its contact, and moves by a merge; otherwise it stays forever, with its date."""
    if landmark.id in view.unread:
        return False
    found = view.entries.get(landmark.id)
    if found is None:
        return view.contacts.get(landmark.contact_id) is False
    shift = abs(found.date - landmark.date)
    return shift > ZONE_SHIFT_MAX or bool(shift % QUARTER_HOUR)


def _landmarks_to_keep(checked: SiteCheck) -> Mapping[str, Any]:
    view = checked.view or NOTHING_CHECKED
    return {
        "session": checked.clock.session.value,
        "offset_minutes": round(checked.clock.offset / timedelta(minutes=1)),
        "titles": {str(key): group.title for key, group in checked.groups.items()},
        "entries": [[one.id, one.contact_id, one.group_id, one.date.isoformat()] for one in view.newest],
        runs.HISTORY: max((one.id for one in (*view.newest, *([view.own] if view.own else []))), default=0),
    }


def _landmark(noted: Sequence[Any]) -> Landmark:
    key, contact, group, date = noted
    return Landmark(key, contact, group, datetime.fromisoformat(date))


def _renamed(before: Mapping[str, Any], groups: Mapping[int, Group]) -> Sequence[str]:
    """Return log lines for groups that were renamed."""
    titles = before.get("titles", {})
    return [
        f"Group {key} is now called “{group.title}”; it was “{titles[str(key)]}”."
        for key, group in groups.items()
        if titles.get(str(key), group.title) != group.title
    ]
