"""The page of a connection: its state and its buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, re_path
from django.utils.translation import gettext as _

from mailchimpsync.actions import (
    Plan,
    Site,
    abortsync,
    createplan,
    createverification,
    fetchandreconcile,
    getplans,
    getruns,
    getstatus,
    getverifications,
    pausesync,
    resumesync,
)
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.config import Link
from mailchimpsync.errors import Code
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.runs.pauses import REASON_LENGTH_MAX
from mailchimpsync.sync.verify import people_of
from mailchimpsync.web.background_tasks import BackgroundTask
from mailchimpsync.web.screens.names import fetch_names
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.screens.state_badge import current_badge
from mailchimpsync.web.screens.status.cards import ConnectionCard, announcement_of, connection_cards
from mailchimpsync.web.screens.status.differences import DIFFERENCES_PER_PAGE, counts_by_cause, shown_differences
from mailchimpsync.web.screens.status.outcomes import OutcomeMessage, outcome_of, results_of
from mailchimpsync.web.task_progress import TaskProgress

ACCEPTANCE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            Code.MC_AUDIENCE_EMPTY.value,
            Code.MC_MEMBERS_VANISHED.value,
            Code.CV_GROUP_EMPTY.value,
            Code.CV_GROUP_OTHER.value,
            Code.CV_CONTACTS_VANISHED.value,
        ),
        "empty",
    ),
    **dict.fromkeys((Code.CV_RESTORED.value, Code.OWN_RESTORED.value), "restored"),
}
"""What someone can accept about an error, so that the sync goes on."""


@screen()
def index(visit: Visit, list_id: str) -> HttpResponse:
    """Show a connection."""
    link = find_audience(visit.site, list_id)
    verified = next(iter(getverifications(visit.site, group_id=link.group_id)), None)
    return visit.render("connection.html", {**_context(visit, link), "verified": verified})


@screen()
def live(visit: Visit, list_id: str) -> HttpResponse:
    """Refresh the part that changes."""
    context = _context(visit, find_audience(visit.site, list_id))
    return visit.part("parts/connection_status.html", {**context, "said": visit.request.GET.get("said", "")})


@screen()
def state(visit: Visit, list_id: str) -> HttpResponse:
    """Refresh the badge that stands above each page of a connection, and the menu's numbers."""
    link = find_audience(visit.site, list_id)
    badge = current_badge(visit.site, visit.service, link)
    return visit.part("parts/state.html", {"link": link, "badge": badge})


@screen()
def batches(visit: Visit, list_id: str) -> HttpResponse:
    """Show the progress of batches at Mailchimp."""
    link = find_audience(visit.site, list_id)
    numbers = visit.service.counts.of(visit.site, link, patience=None).counted
    kept = {"counting": lambda _tx, _link: numbers} if numbers is not None else {}
    [status] = getstatus(visit.site, group_id=link.group_id, batches=True, **kept)
    context = {"link": link, "status": status}
    return visit.part("parts/batches.html", context) if visit.is_partial else visit.render("batches.html", context)


@screen()
def differences(visit: Visit, list_id: str) -> HttpResponse:
    """Show what the newest comparison found."""
    link = find_audience(visit.site, list_id)
    found = next(iter(getverifications(visit.site, group_id=link.group_id)), None)
    context: dict[str, Any] = {"link": link, "verified": found}
    if found is not None:
        page = Paginator(found.differences, DIFFERENCES_PER_PAGE).get_page(visit.request.GET.get("page"))
        numbers = counts_by_cause(found)
        context |= {
            "counted": numbers,
            "differences": shown_differences(visit.site, link, list(page)),
            "page": page,
            "left_out": sum(people_of(one) for one in found.counts) - len(found.differences),
        }
    return visit.render("differences.html", context)


@screen(Scope.RUN, "POST")
def sync(visit: Visit, list_id: str) -> HttpResponse:
    """Sync now: changes only, or everything."""
    link, posted = find_audience(visit.site, list_id), visit.request.POST
    return _begin_sync(visit, link, since="ever" if "everything" in posted else None, with_data="with_data" in posted)


@screen(Scope.RUN, "GET", "HEAD", "POST")
def accept(visit: Visit, list_id: str, what: str) -> HttpResponse:
    """Sync although a side looks empty or restored, after a page that says what that means."""
    link = find_audience(visit.site, list_id)
    if visit.request.method != "POST":
        return visit.render("accept.html", {**_context(visit, link), "what": what})
    return _begin_sync(visit, link, **{f"accept_{what}": True})


def _begin_sync(visit: Visit, link: Link, **wanted: Any) -> HttpResponse:
    options: dict[str, Any] = {**wanted, "by": visit.by, "stop": visit.service.stop}
    wait = visit.service.is_alive is None

    def work(site: Site) -> Any:
        """Don't wait for Mailchimp if the service's worker handles batches."""
        return fetchandreconcile(site, group_id=link.group_id, max_time=0, wait=wait, **options)

    begin(visit, link, "sync", work)
    if current_badge(visit.site, visit.service, link).state.held_plan_id is not None:
        visit.warn(_("Nothing is synced: this connection is held until someone decides about the plan."))
    else:
        visit.say(_("Sync started. This page shows its progress."))
    return redirect("connection", link.audience_id)


@screen(Scope.RUN, "POST")
def plan(visit: Visit, list_id: str) -> HttpResponse:
    """Make a plan of what the next sync would do."""
    link = find_audience(visit.site, list_id)
    options: dict[str, Any] = {
        "with_data": "with_data" in visit.request.POST,
        "by": visit.by,
        "stop": visit.service.stop,
    }
    options["progress"] = progress = TaskProgress(visit.site.runtime.now)
    begin(visit, link, "plan", lambda site: createplan(site, group_id=link.group_id, **options), progress)
    visit.say(_("The plan is being made. This changes nothing."))
    return redirect("connection", list_id)


@screen(Scope.RUN, "POST")
def verify(visit: Visit, list_id: str) -> HttpResponse:
    """Compare both sides in full."""
    link = find_audience(visit.site, list_id)
    by, stop = visit.by, visit.service.stop
    begin(visit, link, "verify", lambda site: createverification(site, group_id=link.group_id, by=by, stop=stop))
    visit.say(_("Both sides are being compared. This changes nothing."))
    return redirect("connection", list_id)


@screen(Scope.RUN, "GET", "HEAD", "POST")
def abort(visit: Visit, list_id: str) -> HttpResponse:
    """Abort what is running, after a page that says what that means."""
    link = find_audience(visit.site, list_id)
    if visit.request.POST.get("confirmed") != "yes":
        return visit.render("abort.html", _context(visit, link))
    done = abortsync(visit.site, group_id=link.group_id).done
    visit.service.counts.forget()
    visit.say(
        _("Aborted. Batches deleted at Mailchimp: %(batches)s. Updates dropped: %(updates)s.")
        % {"batches": done.batches_deleted, "updates": done.updates_aborted}
    )
    if done.kept:
        visit.warn(
            _("Batches that couldn't be deleted: %(number)s. Mailchimp is still processing them. Abort again later.")
            % {"number": len(done.kept)}
        )
    return redirect("connection", list_id)


@screen(Scope.RUN, "GET", "HEAD", "POST")
def pause(visit: Visit, list_id: str) -> HttpResponse:
    """Pause the connection, after a page that says what that means."""
    link = find_audience(visit.site, list_id)
    if visit.request.method != "POST":
        return visit.render("pause.html", {"link": link})
    reason = visit.request.POST.get("reason", "").strip()[:REASON_LENGTH_MAX]
    pausesync(visit.site, group_id=link.group_id, reason=reason, by=visit.by)
    visit.say(_("Paused. Nothing is synced until someone resumes it."))
    return redirect("connection", list_id)


@screen(Scope.RUN, "POST")
def resume(visit: Visit, list_id: str) -> HttpResponse:
    """Resume the connection."""
    resumesync(visit.site, group_id=find_audience(visit.site, list_id).group_id)
    visit.say(_("Resumed. The next sync makes up for the pause."))
    return redirect("connection", list_id)


@screen(Scope.RUN, "POST")
def dismiss(visit: Visit, list_id: str) -> HttpResponse:
    """Dismiss the outcome of the latest task."""
    visit.service.tasks.dismiss(list_id)
    return redirect("connection", list_id)


def begin(
    visit: Visit, link: Link, kind: str, work: Callable[[Site], Any], progress: TaskProgress | None = None
) -> None:
    """Start a background task for a connection, and read the names of its groups and interests first.

    Raises:
        BusyError: another one is running.
    """

    def with_names(site: Site) -> Any:
        fetch_names(site, link)
        return work(site)

    visit.service.tasks.begin(visit.site, kind, link.audience_id, with_names, by=visit.by, progress=progress)


def _is_decided(visit: Visit, task: BackgroundTask | None) -> bool:
    """Return whether a task made a plan about which someone has decided since."""
    plans = [one for one in results_of(task) if isinstance(one, Plan)]
    return any(found.state != PlanState.OPEN for one in plans for found in getplans(visit.site, id=one.id))


def _outcome(visit: Visit, card: ConnectionCard) -> OutcomeMessage | None:
    if _is_decided(visit, card.task):
        return None
    return outcome_of(card.task, card.status, is_failure_noted=card.is_failure_noted)


def _context(visit: Visit, link: Link) -> dict[str, Any]:
    [card] = connection_cards(visit, [link], wait="wait" in visit.request.GET)
    return {
        "link": link,
        "card": card,
        "status": card.status,
        "outcome": _outcome(visit, card),
        "news": announcement_of([card]),
        "seconds": card.seconds,
        "log": log_with_times(card.status.log),
        "acceptance": ACCEPTANCE.get(card.status.state.failing_code or ""),
        "newest": next(iter(getruns(visit.site, list_id=link.audience_id, limit=1)), None),
    }


def log_with_times(log: tuple[tuple[Any, str], ...]) -> list[tuple[Any, str, float | None]]:
    """Return a log with the time between each line and the next."""
    ends = [time for time, _message in log[1:]]
    took = [*[(end - time).total_seconds() for (time, _message), end in zip(log, ends, strict=False)], None]
    return [(time, message, seconds) for (time, message), seconds in zip(log, took, strict=False)]


urlpatterns = [
    path("connections/<str:list_id>", index, name="connection"),
    path("connections/<str:list_id>/live", live, name="connection-live"),
    path("connections/<str:list_id>/state", state, name="connection-state"),
    path("connections/<str:list_id>/batches", batches, name="connection-batches"),
    path("connections/<str:list_id>/differences", differences, name="differences"),
    path("connections/<str:list_id>/sync", sync, name="sync"),
    path("connections/<str:list_id>/plan", plan, name="make-plan"),
    path("connections/<str:list_id>/verify", verify, name="verify"),
    path("connections/<str:list_id>/abort", abort, name="abort"),
    re_path(r"^connections/(?P<list_id>[^/]+)/accept/(?P<what>empty|restored)$", accept, name="accept"),
    path("connections/<str:list_id>/pause", pause, name="pause"),
    path("connections/<str:list_id>/resume", resume, name="resume"),
    path("connections/<str:list_id>/dismiss", dismiss, name="dismiss-task"),
]
