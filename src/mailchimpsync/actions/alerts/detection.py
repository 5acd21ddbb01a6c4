"""Detects problems from what the store says about each connection."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from mailchimpsync.actions.alerts.problems import STOPS, Kind, Problem, name_of
from mailchimpsync.actions.checkup.local import check_disk
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.status.connection_state import state_of
from mailchimpsync.config import Alerts, Link, Schedule
from mailchimpsync.errors import Code
from mailchimpsync.messages import moment
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes.batches import BatchDelay
from mailchimpsync.store.runs import attempts, runs
from mailchimpsync.store.site import alerts
from mailchimpsync.sync import Outcome

KINDS_CHECKED = frozenset(
    {
        Kind.HELD,
        Kind.LATE,
        Kind.LEAVING,
        Kind.REFUSED,
        Kind.FAILURES,
        Kind.DIFFERENCES,
        Kind.EVENTS,
        Kind.DISK,
        Kind.DATA,
        Kind.UNFIT,
        Kind.BATCHES,
        Kind.INTERESTS,
        Kind.PAUSED,
    }
)
"""The kinds detected from the store and this machine; the others come from runs and from Mailchimp."""

PAUSED_LONG = timedelta(days=7)
"""After this long, people are reminded that a connection is paused."""

FAILING_ROWS_MIN = 20
"""Where fewer people can't be synced, their share says nothing."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the store says about a connection.

    Attributes:
        synced: when the last complete run began, or a later call found that none was needed.
        held_plan: the plan that holds the connection.
        failing: how many of its `rows` can't be synced and need attention.
        given_up: events given up since the last complete run, which would have made good for them.
        unexplained: differences that the last verification found and nothing explains.
        plugins: the names of the plugins that failed in the last run with data.
        unfit: of how many people the last run with data found a value that does not fit, or that Mailchimp had
            refused, in the merge field `unfit_field`, where that is the most; out of `checked` people.
        leaving: members to be taken off at Mailchimp, which refuses it.
        refused: people whose change Mailchimp refused again and again, by the code.
        batches: why batches have no results though they should.
        gone_interests: how many interests the connection links and Mailchimp has no more.
        paused: since when someone, `paused_by`, has paused it.
    """

    synced: datetime | None = None
    held_plan: int | None = None
    rows: int = 0
    failing: int = 0
    given_up: int = 0
    unexplained: int = 0
    plugins: str = ""
    unfit: int = 0
    unfit_field: str = ""
    checked: int = 0
    leaving: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    batches: BatchDelay | None = None
    gone_interests: int = 0
    paused: datetime | None = None
    paused_by: str = ""


def find_problems(site: Site) -> list[Problem]:
    """Return the problems of the kinds in `KINDS_CHECKED`."""
    now, wanted = site.runtime.now(), site.configuration.alerts
    found: list[Problem] = []
    with site.store.reading() as tx:
        open_problems = {row.problem for row in alerts.open_alerts(tx)}
        for link in site.configuration.connections:
            found += problems_of(link, _observe(tx, link, now), wanted, open_problems, now)
    return [*found, *_disk(site)]


def problems_of(
    link: Link, observed: Observation, wanted: Alerts, open_problems: Collection[str], now: datetime
) -> Iterator[Problem]:
    """Yield the problems of a connection. One that is held, fails or is paused is not also reported as late."""
    list_id = link.audience_id
    yield from _not_synced(link, observed, wanted, open_problems, now)
    yield from _refused(list_id, observed)
    if observed.batches is not None:
        yield _problem(Kind.BATCHES, list_id, Code(observed.batches.code), batches=observed.batches.number)
    if observed.gone_interests:
        yield _problem(Kind.INTERESTS, list_id, Code.MC_MAPPING_GONE, interests=observed.gone_interests)
    if observed.failing >= FAILING_ROWS_MIN and observed.failing > wanted.failing_share * observed.rows:
        yield _problem(Kind.FAILURES, list_id, failing=observed.failing, rows=observed.rows)
    if observed.unexplained:
        yield _problem(Kind.DIFFERENCES, list_id, differences=observed.unexplained)
    if observed.plugins:
        name = name_of(Kind.DATA, list_id)
        yield Problem(name, Kind.DATA, list_id, Code.PLUGIN, {"plugins": observed.plugins})
    if observed.unfit >= FAILING_ROWS_MIN and observed.unfit > wanted.failing_share * observed.checked:
        about = {"people": observed.unfit, "field": observed.unfit_field}
        yield Problem(name_of(Kind.UNFIT, list_id), Kind.UNFIT, list_id, Code.DATA_UNFIT, about)
    if observed.given_up:
        yield _problem(Kind.EVENTS, list_id, Code.EVENT_GIVEN_UP, events=observed.given_up)


def _not_synced(
    link: Link, observed: Observation, wanted: Alerts, open_problems: Collection[str], now: datetime
) -> Iterator[Problem]:
    if observed.held_plan is not None:
        yield _problem(Kind.HELD, link.audience_id, Code.HELD, plan=observed.held_plan)
    if observed.paused is not None:
        yield from _paused(link.audience_id, observed.paused, observed.paused_by, now)
    elif observed.held_plan is None:
        late = _late(link, observed, wanted, now)
        if late is not None and _is_silent(link, late.name, open_problems):
            yield late


def _paused(list_id: str, since: datetime, by: str, now: datetime) -> Iterator[Problem]:
    if now - since >= PAUSED_LONG:
        about = {"since": moment(since), "by": by}
        yield Problem(name_of(Kind.PAUSED, list_id), Kind.PAUSED, list_id, Code.PAUSED, about)


def _refused(list_id: str, observed: Observation) -> Iterator[Problem]:
    if observed.leaving:
        yield _problem(Kind.LEAVING, list_id, people=observed.leaving)
    if (code := next(iter(observed.refused), None)) is not None:
        yield _problem(Kind.REFUSED, list_id, Code(code), people=sum(observed.refused.values()))


def due_after(schedule: Schedule, synced: datetime) -> datetime:
    """Return when a connection is due again by its schedule; one without a schedule is due at once."""
    if not schedule.enabled:
        return synced
    if schedule.cron is None:
        return synced + timedelta(minutes=schedule.every_minutes)
    return next(CronSim(schedule.cron, synced.astimezone(ZoneInfo(schedule.time_zone))), synced)


def _problem(kind: Kind, list_id: str, code: Code | None = None, **data: int) -> Problem:
    return Problem(name_of(kind, list_id), kind, list_id, code, data)


def _late(link: Link, observed: Observation, wanted: Alerts, now: datetime) -> Problem | None:
    patience, name = timedelta(hours=wanted.late_after_hours), name_of(Kind.LATE, link.audience_id)
    if observed.synced is None:
        return Problem(name, Kind.LATE, link.audience_id, grace=patience)
    if now < due_after(link.schedule, observed.synced) + patience:
        return None
    return Problem(name, Kind.LATE, link.audience_id, data={"synced": moment(observed.synced)})


def _is_silent(link: Link, late: str, open_problems: Collection[str]) -> bool:
    """A connection that was reported as late stays late until it is synced."""
    known = {name_of(kind, link.audience_id) for kind in STOPS} | set(key_names(link))
    return late in open_problems or not known & set(open_problems)


def key_names(link: Link) -> tuple[str, str]:
    """Return what the problems of the two keys that a connection needs are called."""
    return name_of(Kind.KEY, "civicrm"), name_of(Kind.KEY, "mailchimp", link.account)


def _observe(tx: Transaction, link: Link, now: datetime) -> Observation:
    list_id = link.audience_id
    state, found = state_of(tx, link, now), _data_found(tx, link)
    problems: list[dict[str, Any]] = [*found.get("problems", ()), {"count": 0, "field": ""}]
    worst = max(problems, key=lambda one: int(one["count"]))
    return Observation(
        synced=_last_synced(tx, list_id, state.synced_at),
        held_plan=state.held_plan_id,
        rows=sum(rows.count_by_status(tx, list_id).values()),
        failing=state.failed.need_attention,
        given_up=alerts.abandoned_events(tx, list_id, state.synced_at),
        unexplained=state.unexplained,
        plugins=", ".join(sorted(found.get("failures", ()))),
        unfit=worst["count"],
        unfit_field=worst["field"],
        checked=found.get("people", 0),
        leaving=state.due.leaving,
        refused=state.due.refused,
        batches=state.batches,
        gone_interests=len(state.gone_interests),
        paused=state.paused_at,
        paused_by=state.paused_by or "",
    )


def _last_synced(tx: Transaction, list_id: str, mark: datetime | None) -> datetime | None:
    """Return when both sides were last known to agree with what was read: by a run, or by a call that needed none."""
    unchanged = attempts.last_ended_with(tx, list_id, Outcome.UNCHANGED)
    return max((at for at in (mark, unchanged) if at is not None), default=None)


def _data_found(tx: Transaction, link: Link) -> Mapping[str, Any]:
    """Return what the last complete run with data found."""
    last = runs.last_data_run(tx, link.audience_id) if link.data.options is not None else None
    return (last.counts or {}).get("data", {}) if last is not None else {}


def _disk(site: Site) -> Iterator[Problem]:
    if any(one.code is Code.DISK_LOW for one in check_disk(site.settings)):
        yield Problem(name_of(Kind.DISK), Kind.DISK, code=Code.DISK_LOW)
