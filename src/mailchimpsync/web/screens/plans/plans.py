"""Plans: what a sync would change for each person, and the decision about it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from mailchimpsync.actions import Names, Plan, applyplan, approveplan, dropplan, getplannedchanges, getplans
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.plans.csv import all_changes, csv_lines
from mailchimpsync.config import Link
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.web.screens.names import names_at_once
from mailchimpsync.web.screens.person_links import people_links
from mailchimpsync.web.screens.screen import Visit, screen

PLANS_SHOWN = 100
CHANGES_PER_PAGE = 25
_WAITING = (PlanState.OPEN, PlanState.APPROVED)


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show the plans, those that wait for a decision first."""
    plans = getplans(visit.site, group_id=_group_of(visit), limit=PLANS_SHOWN)
    now = visit.site.runtime.now()
    waiting = [one for one in plans if one.state in _WAITING and one.expires_at > now]
    others = [one for one in plans if one not in waiting]
    return visit.render("plans.html", {"waiting": waiting, "others": others, "now": now})


@screen()
def plan(visit: Visit, plan_id: int) -> HttpResponse:
    """Show a plan."""
    return visit.render("plan.html", _about(visit, plan_id))


@screen()
def export(visit: Visit, plan_id: int) -> StreamingHttpResponse:
    """Return all changes of a plan as CSV."""
    [found] = getplans(visit.site, id=plan_id)
    lines = csv_lines(all_changes(visit.site, plan_id), _names(visit, found))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="plan-{plan_id}.csv"'
    return answer


def _names(visit: Visit, found: Plan) -> Names:
    link = _link_of(visit, found)
    return names_at_once(visit, link) if link is not None else Names()


def _link_of(visit: Visit, found: Plan) -> Link | None:
    return next((one for one in visit.site.configuration.connections if one.audience_id == found.list_id), None)


def _group_of(visit: Visit) -> int | None:
    """Return the group of the connection whose plans are asked for; None: those of all."""
    audience = visit.request.GET.get("audience")
    return find_audience(visit.site, audience).group_id if audience else None


@screen(Scope.RUN, "POST")
def decide(visit: Visit, plan_id: int) -> HttpResponse:
    """Approve a plan, carry it out now, or drop it; without scripts, a page asks for confirmation."""
    [found], act = getplans(visit.site, id=plan_id), visit.request.POST.get("act")
    if act == "drop":
        dropplan(visit.site, id=plan_id, by=visit.by)
        visit.say(_("Plan %(id)s is dropped. The next sync will decide again.") % {"id": plan_id})
    elif visit.request.POST.get("confirmed") != "yes":
        return visit.render("decide_plan.html", {"plan": found, "act": act, "link": _link_of(visit, found)})
    elif act == "approve":
        approveplan(visit.site, id=plan_id, by=visit.by)
        visit.say(_("Plan %(id)s is approved. The next sync will do exactly this.") % {"id": plan_id})
    elif act == "apply":
        return _apply(visit, found)
    return redirect("plan", plan_id)


def _apply(visit: Visit, found: Plan) -> HttpResponse:
    by, stop, plan_id = visit.by, visit.service.stop, found.id
    if found.state != PlanState.APPROVED:
        approveplan(visit.site, id=plan_id, by=by)
    visit.service.tasks.begin(
        visit.site,
        "apply",
        found.list_id,
        lambda site: applyplan(site, id=plan_id, max_time=0, by=by, stop=stop),
        by=by,
    )
    visit.say(_("Plan %(id)s is being carried out. This page shows its progress.") % {"id": plan_id})
    return redirect("connection", found.list_id)


def _about(visit: Visit, plan_id: int) -> dict[str, Any]:
    [found] = getplans(visit.site, id=plan_id)
    link, now = _link_of(visit, found), visit.site.runtime.now()
    paginator = Paginator(range(found.people), CHANGES_PER_PAGE)
    page = paginator.get_page(visit.request.GET.get("page"))
    offset = (page.number - 1) * CHANGES_PER_PAGE
    changes = getplannedchanges(visit.site, id=plan_id, limit=CHANGES_PER_PAGE, offset=offset)
    if changes:
        _names(visit, found)  # kept for a while, and shown with each change
    people = people_links(visit.site, link, [(one.contact_id, one.member_id) for one in changes])
    is_waiting = found.expires_at > now and link is not None
    return {
        "plan": found,
        "link": link,
        "page": page,
        "changes": list(zip(changes, people, strict=True)),
        "can_be_approved": is_waiting and found.state == PlanState.OPEN,
        "can_be_applied": is_waiting and found.state in _WAITING,
        "can_be_dropped": found.state in _WAITING,
        "with_outcome": any(one.outcome for one in changes),
    }


urlpatterns = [
    path("plans", index, name="plans"),
    path("plans/<int:plan_id>", plan, name="plan"),
    path("plans/<int:plan_id>/changes.csv", export, name="plan-csv"),
    path("plans/<int:plan_id>/decide", decide, name="decide-plan"),
]
