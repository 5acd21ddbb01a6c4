"""`MailchimpsyncPlan.undo`: a plan that undoes a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import READ_SECONDS, GroupId, MaxTime
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.plans.plans import find_plan
from mailchimpsync.actions.plans.summary import Plan
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.messages import moment, say
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.cache.bases import filter_links
from mailchimpsync.store.runs import figures
from mailchimpsync.store.runs.runs import StoredRun
from mailchimpsync.sync import group_links
from mailchimpsync.sync.undo.make_plan import plan_undo

RUNS_NAMED = 5


@action("MailchimpsyncPlan", Scope.RUN, name="undo", helpers=("by", "stop"))
def undoplan(
    site: Site,
    *,
    run_id: Annotated[int, Field(description="The run to undo.", gt=0, lt=2**63)],
    group_id: GroupId = None,
    max_time: MaxTime = READ_SECONDS,
    by: str = "python",
    stop: Callable[[], bool] | None = None,
) -> Plan:
    """Make a plan that undoes a run, and keep it for three days. Nothing is changed on either side.

    For everyone who is still as the run left them, the plan does the opposite of what the run did. People who
    unsubscribed themselves are never put back, nor are people with an obstacle, or whom Mailchimp keeps out. Contacts
    that the run created are removed from the groups, not deleted. Names, addresses and holds stay. `failures` counts
    these cases, and each such person is in the plan as left out. Use `apply` to carry the plan out.

    Raises:
        UsageError: `UNKNOWN`, no such run; it has not ended; or other groups were linked then.
        TransientError, AccessError: a side can't be reached.
    """
    links = find_links(site, group_id)
    with site.store.begin() as tx:
        found = figures.find_run(tx, run_id)
        newest = figures.runs_with_changes(tx, _audiences(links), RUNS_NAMED)
    link = _link_of(found, links)
    if found is None or link is None:
        raise UsageError(
            say(
                "There is no run %(id)s%(of_group)s. %(newest)s",
                id=run_id,
                of_group=_of_group(group_id),
                newest=_named(newest),
            ),
            code=Code.UNKNOWN,
        )
    _check(found, link)
    deadline = Deadline.after(site.runtime, max_time, stop)
    return find_plan(site, plan_undo(site.systems(link), link.connection, run_id, deadline, by=by))


def _audiences(links: Sequence[Link]) -> list[str]:
    return [link.audience_id for link in links]


def _link_of(found: StoredRun | None, links: Sequence[Link]) -> Link | None:
    return next((link for link in links if found is not None and link.audience_id == found.list_id), None)


def _of_group(group_id: int | None) -> str:
    return f" of group {group_id}" if group_id is not None else ""


def _named(newest: Sequence[StoredRun]) -> str:
    if not newest:
        return "No run has changed anything yet."
    runs = ", ".join(f"{one.id} ({moment(one.started_at)})" for one in newest)
    return f"The newest runs that changed something: {runs}."


def _check(found: StoredRun, link: Link) -> None:
    if found.finished_at is None:
        raise UsageError(say("Run %(id)s has not ended. Sync to finish it, or abort it; then undo it.", id=found.id))
    if found.links is not None and filter_links(found.links) != group_links(link.connection):
        raise UsageError(say("Run %(id)s can no longer be undone: other groups were linked then.", id=found.id))
