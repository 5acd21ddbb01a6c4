"""Plans: what a sync would change for each person, and the decision about it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from mailchimpsync.actions import Names, Plan, applyplan, approveplan, dropplan, getplans
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.plans.csv import all_changes, csv_lines
from mailchimpsync.actions.plans.plans import SEARCH_LENGTH, count_planned_changes
from mailchimpsync.config import Link
from mailchimpsync.model import ChangeKind
from mailchimpsync.store.changes.kept_plans import ChangeFilter, PlanState
from mailchimpsync.web.screens.names import names_at_once
from mailchimpsync.web.screens.plan_changes import changes_with_people, samples_of
from mailchimpsync.web.screens.plan_decision import plan_decision
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.screens.state_badge import current_badge

PLANS_SHOWN = 100
CHANGES_PER_PAGE = 25
BY_DATE = "dates"
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
        visit.say(
            _("Plan %(id)s is dropped, and nothing was changed. The next sync will decide again.") % {"id": plan_id}
        )
    elif visit.request.POST.get("confirmed") != "yes":
        link = _link_of(visit, found)
        context = {"plan": found, "act": act, "link": link, "decision": plan_decision(found, link, Names())}
        return visit.render("decide_plan.html", context)
    elif act == "approve":
        approveplan(visit.site, id=plan_id, by=visit.by)
        visit.say(_("Plan %(id)s is approved. The next sync will do exactly this.") % {"id": plan_id})
    elif act == "apply" and _is_paused(visit, _link_of(visit, found)):
        visit.warn(_("Nothing was changed: this connection is paused, so a plan can only be approved for later."))
    elif act == "apply":
        return _apply(visit, found)
    return redirect("plan", plan_id)


def _is_paused(visit: Visit, link: Link | None) -> bool:
    return link is not None and current_badge(visit.site, visit.service, link).state.paused_at is not None


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
    wanted = _wanted(visit)
    names = _names(visit, found)  # kept for a while, and shown with each change
    is_waiting = found.expires_at > now and link is not None
    is_paused = _is_paused(visit, link)
    about = {
        "plan": found,
        "link": link,
        "decision": plan_decision(found, link, names),
        "wanted": wanted,
        "kinds": [one for one in ChangeKind if found.counts.get(one)],
        "can_be_approved": is_waiting and found.state == PlanState.OPEN,
        "can_be_applied": is_waiting and found.state in _WAITING and not is_paused,
        "is_paused": is_paused,
        "can_be_dropped": found.state in _WAITING,
    }
    is_sample = found.people > CHANGES_PER_PAGE and not {"show", "q", "page"} & visit.request.GET.keys()
    return about | ({"samples": samples_of(visit, found, link)} if is_sample else _page(visit, found, link, wanted))


def _wanted(visit: Visit) -> ChangeFilter:
    """Return which changes are asked for: a kind, those that rest on dates, or everyone; and whose."""
    show, search = (visit.request.GET.get(name, "") for name in ("show", "q"))
    kind = show if show in set(ChangeKind) else ""
    return ChangeFilter(kind, by_date=show == BY_DATE, search=search.strip()[:SEARCH_LENGTH])


def _page(visit: Visit, found: Plan, link: Link | None, wanted: ChangeFilter) -> dict[str, Any]:
    number = count_planned_changes(visit.site, found.id, wanted)
    page = Paginator(range(number), CHANGES_PER_PAGE).get_page(visit.request.GET.get("page"))
    offset = (page.number - 1) * CHANGES_PER_PAGE
    changes = changes_with_people(visit, found, link, wanted, limit=CHANGES_PER_PAGE, offset=offset)
    return {"page": page, "number": number, "changes": changes}


urlpatterns = [
    path("plans", index, name="plans"),
    path("plans/<int:plan_id>", plan, name="plan"),
    path("plans/<int:plan_id>/changes.csv", export, name="plan-csv"),
    path("plans/<int:plan_id>/decide", decide, name="decide-plan"),
]
