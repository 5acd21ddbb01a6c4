"""`MailchimpsyncPlan`: preview what a run would do, and decide whether it may.

See docs/decisions/guard.md and docs/decisions/plan-before-writing.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Judgement, Scope, action
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.api.parameters import READ_SECONDS, GroupId, MaxTime
from mailchimpsync.actions.api.selection import find_audience, find_links
from mailchimpsync.actions.plans.summary import Plan, PlannedChange, change_from, plan_from
from mailchimpsync.actions.runs.reports import Report
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.sync.fetchandreconcile import fetchandreconcile, is_full_run_due
from mailchimpsync.actions.time_limit import seconds_for_call
from mailchimpsync.actions.work import Kind
from mailchimpsync.errors import EXIT_MORE_TO_DO, Code, UsageError
from mailchimpsync.messages import say
from mailchimpsync.model import ChangeKind
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache.bases import filter_links
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import DONE, LEFT_OUT, ChangeFilter, KeptPlan, PlanKind, PlanState
from mailchimpsync.sync import Outcome, link_terms, preview

CHANGES_MAX = 2_000
SEARCH_LENGTH = 255
CALLS_MAX = 3
"""The most calls of a run until an approved plan is done: an interrupted run is finished first."""

WAITING = "waiting"
"""The outcome of a change that was sent and has no response yet."""

REFUSED_SHOWN_MAX = 20

_FINISHED = (Outcome.DONE.value, Outcome.WAITING.value, Outcome.INCOMPLETE.value)

PlanId = Annotated[int, Field(description="The plan's number.", gt=0, lt=2**63)]


@dataclass(frozen=True, slots=True)
class AppliedPlan:
    """The result of applying a plan: the plan as it is now, and the last report of its connection."""

    plan: Plan
    report: Report


def _applied_in_wire_form(applied: AppliedPlan) -> dict[str, Any]:
    error = applied.report.error
    return {
        **plain(applied.plan),
        "outcome": applied.report.outcome,
        "error_message": f"{error.what} {error.remedy}" if error else None,
    }


def _judge(applied: AppliedPlan) -> Judgement:
    """A plan that isn't done yet counts as more to do; people it leaves due are left to the next sync."""
    report = applied.report
    is_open = report.error is None and applied.plan.state != PlanState.APPLIED
    return Judgement(report.error, EXIT_MORE_TO_DO if is_open else report.error.exit_code if report.error else 0)


@action("MailchimpsyncPlan", Scope.RUN, name="create", helpers=("by", "progress", "stop"))
def createplan(
    site: Site,
    *,
    group_id: GroupId = None,
    everything: Annotated[
        bool, Field(description="Read everything, not only changes. This is the default when a full run is due.")
    ] = False,
    with_data: Annotated[
        bool, Field(description="Also check for new data about people, such as tags and merge fields.")
    ] = False,
    max_time: MaxTime = READ_SECONDS,
    by: str = "python",
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Plan]:
    """Make a plan of everything the next run would do, and keep it for three days.

    Nothing is changed on either side or in the rows kept here: the run works on a copy, up to its decisions.

    Raises:
        BusyError: a run is in progress. TransientError: a side can't be reached, or time ran out.
        EvidenceError, AccessError: a run would stop for the same reason.
    """
    deadline = Deadline.after(site.runtime, max_time, stop)
    made = [
        preview(
            site.systems(link),
            link.connection,
            deadline,
            by=by,
            everything=everything or is_full_run_due(site, link),
            with_data=with_data,
            progress=progress,
        )
        for link in find_links(site, group_id)
    ]
    return [find_plan(site, plan_id) for plan_id in made]


@action("MailchimpsyncPlan", Scope.READ, name="get")
def getplans(
    site: Site,
    *,
    id: Annotated[  # noqa: A002 (the API's name for it)
        int | None, Field(description="Only the plan with this number.", gt=0, lt=2**63)
    ] = None,
    group_id: GroupId = None,
    limit: Annotated[int, Field(description="The most plans to return, newest first.", ge=1, le=500)] = 25,
) -> list[Plan]:
    """Return kept plans, newest first: plans made on request, plans held for review, and plans that undo a run.

    Raises:
        UsageError: `UNKNOWN`, no such plan or group.
    """
    if id is not None:
        return [find_plan(site, id)]
    lists = [link.audience_id for link in find_links(site, group_id)] if group_id is not None else [None]
    with site.store.begin() as tx:
        rows = [row for list_id in lists for row in kept_plans.kept_plans(tx, list_id, limit)]
        return [_plan(tx, site, row) for row in rows]


@action("MailchimpsyncPlan", Scope.READ, name="changes")
def getplannedchanges(
    site: Site,
    *,
    id: PlanId,  # noqa: A002 (the API's name for it)
    limit: Annotated[int, Field(description="The most people to return.", ge=1, le=CHANGES_MAX)] = 25,
    offset: Annotated[int, Field(description="How many people to skip first.", ge=0, lt=2**31)] = 0,
    kind: Annotated[ChangeKind | None, Field(description="Only people to whom it does this.")] = None,
    by_date: Annotated[
        bool, Field(description="Only people for whom the later date alone decided, since nothing was agreed before.")
    ] = False,
    search: Annotated[
        str, Field(description="Only people with this in their name or address.", max_length=SEARCH_LENGTH)
    ] = "",
) -> list[PlannedChange]:
    """Return what a plan would change, person by person: what, on which side, the old and new values, and why.

    Raises:
        UsageError: `UNKNOWN`, no such plan.
    """
    find_plan(site, id)
    with site.store.begin() as tx:
        wanted = ChangeFilter(kind or "", by_date, search)
        rows = kept_plans.kept_changes(tx, id, wanted, offset=offset, limit=limit)
    return [change_from(dict(row)) for row in rows]


def count_planned_changes(site: Site, plan_id: int, wanted: ChangeFilter) -> int:
    """Return how many people's changes in a plan are wanted."""
    with site.store.begin() as tx:
        return kept_plans.count_wanted(tx, plan_id, wanted)


@action("MailchimpsyncPlan", Scope.RUN, name="approve", helpers=("by",))
def approveplan(
    site: Site,
    *,
    id: PlanId,  # noqa: A002 (the API's name for it)
    by: str = "python",
) -> Plan:
    """Approve a plan: the next run of its connection makes exactly these changes, and no others.

    Changes that no longer apply by then are left out; the run after that decides about them again.

    Raises:
        UsageError: no such plan; it is already decided, has expired, or was made when other groups were linked.
    """
    plan = find_plan(site, id)
    now = site.runtime.now()
    with site.store.begin() as tx:
        kept_plans.expire_plans(tx, plan.list_id, now)
        _check_links(tx, site, plan)
        if not kept_plans.decide_plan(tx, id, [PlanState.OPEN], PlanState.APPROVED, now, by):
            raise _already_decided(tx, id)
    site.enqueue(Kind.SYNC, plan.list_id)
    return find_plan(site, id)


@action("MailchimpsyncPlan", Scope.RUN, name="drop", helpers=("by",))
def dropplan(
    site: Site,
    *,
    id: PlanId,  # noqa: A002 (the API's name for it)
    by: str = "python",
) -> Plan:
    """Drop a plan: it is never applied. The next run decides again, and is held again if it exceeds the limits.

    Raises:
        UsageError: no such plan, or it is already applied, dropped or expired.
    """
    find_plan(site, id)
    undecided = [PlanState.OPEN, PlanState.APPROVED]
    with site.store.begin() as tx:
        if not kept_plans.decide_plan(tx, id, undecided, PlanState.DROPPED, site.runtime.now(), by):
            raise _already_decided(tx, id)
    return find_plan(site, id)


@action(
    "MailchimpsyncPlan",
    Scope.RUN,
    name="apply",
    present=_applied_in_wire_form,
    helpers=("by", "progress", "stop"),
    judge=_judge,
)
def applyplan(
    site: Site,
    *,
    id: PlanId,  # noqa: A002 (the API's name for it)
    max_time: MaxTime = 300,
    by: str = "python",
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> AppliedPlan:
    """Approve a plan, unless it is approved already, and apply it now.

    An interrupted run is finished first. If time runs out before the plan is applied, the next run applies it.

    Raises:
        UsageError: as `approve`.
    """
    plan = find_plan(site, id)
    if plan.state != PlanState.APPROVED:
        plan = approveplan(site, id=id, by=by)
    group_id = find_audience(site, plan.list_id).group_id
    deadline = Deadline.after(site.runtime, max_time, stop)
    for _ in range(CALLS_MAX):
        left = seconds_for_call(deadline, max_time)
        [report] = fetchandreconcile(site, group_id=group_id, max_time=left, by=by, progress=progress, stop=stop)
        plan = find_plan(site, id)
        if plan.state != PlanState.APPROVED or report.outcome not in _FINISHED or deadline.reached:
            break
    return AppliedPlan(plan, report)


def find_plan(site: Site, plan_id: int) -> Plan:
    """Return a kept plan.

    Raises:
        UsageError: `UNKNOWN`, there is no such plan.
    """
    with site.store.begin() as tx:
        row = kept_plans.find_plan(tx, plan_id)
        if row is None:
            raise UsageError(say("There is no plan %(id)s.", id=plan_id), code=Code.UNKNOWN)
        return _plan(tx, site, row)


def _plan(tx: Transaction, site: Site, row: KeptPlan) -> Plan:
    titles = {link.audience_id: link.title for link in site.configuration.connections}
    title = titles.get(row.list_id, f"audience {row.list_id}")
    outcomes = kept_plans.count_changes(tx, row.id)
    waiting = min(kept_plans.count_unanswered(tx, row.id), outcomes.get(DONE, 0))
    if waiting:
        outcomes |= {DONE: outcomes[DONE] - waiting, WAITING: waiting}
    refused = kept_plans.refused_changes(tx, row.id, REFUSED_SHOWN_MAX)
    reasons = kept_plans.reasons_of(tx, row.id) if refused or LEFT_OUT in outcomes else ()
    return plan_from(row, title, outcomes, refused, reasons)


def _check_links(tx: Transaction, site: Site, plan: Plan) -> None:
    row = kept_plans.find_plan(tx, plan.id)
    links = [one for one in site.configuration.connections if one.audience_id == plan.list_id]
    wanted = link_terms(links[0].connection) if links else {}
    if row is not None and plan.kind == PlanKind.UNDO:
        wanted = filter_links(wanted)
    if row is None or row.links != wanted:
        raise UsageError(
            say(
                "Plan %(id)s was made for other group links, or when another side was trusted. Make a new plan.",
                id=plan.id,
            )
        )


def _already_decided(tx: Transaction, plan_id: int) -> UsageError:
    row = kept_plans.find_plan(tx, plan_id)
    state = row.state if row else "gone"
    by = say(" by %(name)s", name=row.decided_by) if row and row.decided_by else ""
    return UsageError(
        say(
            "Plan %(id)s can't be changed: it is already %(state)s%(by)s. Make a new plan.",
            id=plan_id,
            state=state,
            by=by,
        )
    )
