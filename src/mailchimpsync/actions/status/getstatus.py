"""`Mailchimpsync.getstatus`: the status of every connection (docs/reference/php-extension.md#getstatus)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import GroupIdOrId
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.runs.refresh_batches import refresh_batches
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.status.connection_state import ConnectionState, state_of
from mailchimpsync.actions.status.connection_status import CampaignsStatus, ConnectionStatus, Failure, RunProgress
from mailchimpsync.actions.status.counts import Counting, RowCounts, count_rows
from mailchimpsync.actions.status.wire_form import by_audience, in_words
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Link
from mailchimpsync.decide.lanes import LaneReason, Share, shares, together
from mailchimpsync.model import Lane, Stage, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans, on_the_way, updates
from mailchimpsync.store.changes.batches import unhandled_batches
from mailchimpsync.store.queries import lookup
from mailchimpsync.store.queries.failures import FailedCount, Standing
from mailchimpsync.store.runs import runs
from mailchimpsync.store.runs.runs import StoredRun
from mailchimpsync.store.site import campaigns
from mailchimpsync.store.verify import verifications

CRASHED_AFTER = timedelta(minutes=30)
WEIRD_SHOWN = 25
FAILED = "failed"
_AFTER_READING = tuple(Stage)[tuple(Stage).index(Stage.CHECK_DATA) :]


@action("Mailchimpsync", Scope.READ, present=by_audience, helpers=("counting",))
def getstatus(
    site: Site,
    *,
    group_id: GroupIdOrId = None,
    batches: Annotated[
        bool, Field(description="Also return the progress of batches, after asking Mailchimp about them.")
    ] = False,
    counting: Counting = count_rows,
) -> list[ConnectionStatus]:
    """Return the status of all connections, or of one subscription group.

    The result is an object by audience id, with the PHP extension's names: `lastSyncTime`, `lastSyncTimeHuman`,
    `locks`, `log`, `fetch`, `stats`, `in_sync`, `crashed`, and `batches` if asked for. In addition, `state` is the
    state in one word: ok, running, waiting, held, paused, failing, or not set up. `paused_at`, `paused_by` and
    `pause_reason` tell of a pause. `due` says how many people are still due, and `due_because` why, by code.
    `failures` says in words which problems keep people from being synced, each with its `standing`: needs attention,
    fine as it is, or accepted. `need_attention`, `fine` and `accepted` count these people.
    `last_outcome` and `last_error` say how the last attempt ended, `failing_since` since when it fails, and `remedy`
    what to do. Until both sides have been read completely once, numbers of people in `stats` are null. `next_run_at`
    is null if no service runs the connection's schedule. `campaigns` is the status of their import, where it is
    switched on: `begun_at`, `outcome`, and how many failed, and why. Neither side is asked, except for `batches`; if
    Mailchimp can't be reached, `batches_problem` says so. During a run, `progress` is that of its stage: `done` of
    `total` in `seconds`, `rate` per second, and `seconds_left`. `sending` says by which lanes updates are on their
    way to Mailchimp: `lane`, `reason`, `number`, and `seconds`, how long they take if Mailchimp is as quick as usual;
    `sending_in_words` says the same in a sentence.

    For Python callers: `counting` counts rows; pass your own to reuse numbers that were counted before.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: no such group.
    """
    links = find_links(site, group_id)
    problems = refresh_batches(site, links) if batches else None
    with site.store.reading() as tx:
        return [_status(tx, link, site.runtime.now(), problems, counting(tx, link)) for link in links]


def _status(
    tx: Transaction, link: Link, now: datetime, problems: Mapping[str, str] | None, counted: RowCounts
) -> ConnectionStatus:
    list_id = link.audience_id
    stored = runs.stored_status(tx, list_id)
    agreement, by_status = counted.agreement, counted.by_status
    outstanding, unsent = updates.count_open_updates(tx, list_id)
    last = runs.last_run(tx, list_id)
    log = tuple(runs.log_lines(tx, list_id, last.id)) if last else ()
    verified = verifications.newest_verification(tx, list_id)
    running = stored.is_held
    interrupted = stored.run_id is not None and not running
    hold = kept_plans.holding_plan(tx, list_id) if link.guard.enabled else None
    is_held = hold is not None and hold.expires_at > now
    state = state_of(tx, link, now, counted.due)
    return ConnectionStatus(
        link=link,
        stage=stored.stage.value,
        running=running,
        interrupted=interrupted,
        crashed=_crashed(stored, _last_sign(last, log, now), now) if interrupted else None,
        state=state,
        last_sync_time=stored.last_sync_time,
        since=last.since if last else None,
        rows=by_status,
        weird=_weird(tx, link, by_status),
        is_counted=_is_counted(stored),
        subscribed_at_civicrm=agreement.subscribed_at_civicrm,
        subscribed_at_mailchimp=agreement.subscribed_at_mailchimp,
        to_add=agreement.to_add,
        to_remove=agreement.to_remove,
        kept_off=agreement.kept_off,
        kept_on=agreement.kept_on,
        further_rows=agreement.further_rows,
        cannot_subscribe=agreement.cannot_subscribe,
        other_fails=agreement.other_fails,
        updates_outstanding=outstanding,
        updates_unsent=unsent,
        failures=_failed(counted.failed),
        last_outcome=_last_outcome(state, last),
        last_error=state.failing_code if state.attempted_at else (last.error_code if last else None),
        log=log,
        held_plan_id=hold.id if hold is not None and is_held else None,
        held_why=tuple(hold.excess) if hold is not None and is_held else (),
        differences_found=verified.unexplained if verified else None,
        cannot_join=agreement.cannot_join,
        working=_working(stored) if running else None,
        run_id=last.id if last else None,
        run_began_at=last.started_at if last else None,
        run_begun_by=last.begun_by if last else None,
        campaigns=_campaigns(tx, list_id) if link.campaigns.enabled else None,
        batches=None if problems is None else tuple(one._asdict() for one in unhandled_batches(tx, list_id)),
        batches_problem=None if problems is None else problems.get(link.account),
        sending=tuple(_sending(tx, link)) if outstanding else (),
    )


def _sending(tx: Transaction, link: Link) -> Sequence[Share]:
    """Return the lanes of updates that were claimed, and those that waiting updates would take."""
    waiting = shares(*on_the_way.unsent_numbers(tx, link.audience_id), link.lane)
    return together([*map(_claimed, on_the_way.claimed_updates(tx, link.audience_id)), *waiting])


def _claimed(one: on_the_way.ClaimedUpdates) -> Share:
    """Return a batch or chunk as a share; those sent before there were lanes have no reason."""
    reason = LaneReason(one.lane_reason or LaneReason.CONFIGURED)
    return Share(Lane(one.lane), reason, one.number, min(one.number, one.finished_operations))


def _last_sign(last: StoredRun | None, log: Sequence[tuple[datetime, str]], now: datetime) -> datetime:
    """Return when a run last wrote to its log, or started."""
    if log:
        return log[-1][0]
    return last.started_at if last else now


def _is_counted(stored: runs.StoredStatus) -> bool:
    """Say whether both sides were ever read completely: by a complete run, or by the first run so far."""
    return stored.last_sync_time is not None or stored.stage in _AFTER_READING


def _last_outcome(state: ConnectionState, last: StoredRun | None) -> str | None:
    """Return how the last attempt ended, even if it failed before its run started."""
    if state.attempt_outcome is None:
        return last.outcome if last else None
    return FAILED if state.attempt_outcome == state.failing_code else state.attempt_outcome


def _working(stored: runs.StoredStatus) -> RunProgress | None:
    """Return the progress of a run; the sync of a few members, by webhook, has no stage."""
    at = stored.stage_progress
    if stored.run_id is None or at is None:
        return None
    return RunProgress(at.done, at.total if at.total and at.total >= at.done else None, at.seconds)


def _campaigns(tx: Transaction, list_id: str) -> CampaignsStatus:
    newest = campaigns.last_import(tx, list_id)
    known = campaigns.tally(tx, list_id)
    return CampaignsStatus(
        newest.begun_at if newest else None,
        newest.outcome if newest else None,
        known.campaigns,
        known.activities,
        _failures(known.failed),
    )


def _crashed(stored: runs.StoredStatus, last_sign: datetime, now: datetime) -> str | None:
    if now - last_sign < CRASHED_AFTER:
        return None
    age = in_words((now - last_sign).total_seconds())
    return f"The run stopped before {stored.stage.value}, {age} ago, and was not continued. Sync to continue it."


def _weird(tx: Transaction, link: Link, by_status: Mapping[str, int]) -> tuple[Mapping[str, Any], ...]:
    """Return some rows with an unknown sync status: their id, contact and status."""
    unknown = sorted(by_status.keys() - set(SyncStatus))
    if not unknown:
        return ()
    wanted = [("mailchimp_list_id", "=", link.audience_id), ("sync_status", "IN", unknown)]
    found = lookup.find(tx, lookup.cache_with_group(link.group_id), wanted, limit=WEIRD_SHOWN)
    return tuple({name: row[name] for name in ("id", "civicrm_contact_id", "sync_status")} for row in found)


def _failed(counts: Sequence[FailedCount]) -> tuple[Failure, ...]:
    """Return why people can't be synced: first those who need attention, the most frequent reason first."""
    order = [one.value for one in Standing]
    found = sorted(counts, key=lambda one: (order.index(one.standing), -one.number, one.reason))
    return tuple(replace(_failure(one.reason, one.number), standing=one.standing) for one in found)


def _failures(by_reason: Mapping[str, int]) -> tuple[Failure, ...]:
    """Return failures, the most frequent first."""
    found = sorted(by_reason.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(_failure(code, number) for code, number in found)


def _failure(code: str, number: int) -> Failure:
    entry = explain_code(code)
    return Failure(code, number, entry.sentence, entry.remedy, entry.who.value)
