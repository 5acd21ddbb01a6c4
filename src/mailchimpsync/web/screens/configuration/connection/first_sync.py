"""The first sync: a preview in words before it is turned on."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import (
    Plan,
    Site,
    applyplan,
    createplan,
    getplans,
    last_syncs,
)
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.plans.first_sync import awaits_first_sync, turn_on
from mailchimpsync.config import Link
from mailchimpsync.errors import ConfigurationError, UsageError
from mailchimpsync.web.background_tasks import BackgroundTask
from mailchimpsync.web.screens.configuration.connection.part import watch_page
from mailchimpsync.web.screens.names import fetch_names, names_at_once
from mailchimpsync.web.screens.plan_changes import samples_of
from mailchimpsync.web.screens.plan_decision import plan_decision
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.screens.state_badge import current_badge
from mailchimpsync.web.task_progress import TaskProgress

PLAN, SYNC = "plan", "sync"


@screen(Scope.READ)
def show(visit: Visit, list_id: str) -> HttpResponse:
    """Show the preview of the first sync, or that it is being made."""
    context = _context(visit, find_audience(visit.site, list_id))
    if visit.is_partial:
        badge = current_badge(visit.site, visit.service, find_audience(visit.site, list_id))
        return visit.part("configuration/parts/first_sync.html", {**context, "badge": badge})
    return visit.render("configuration/first_sync.html", context)


@screen(Scope.RUN, "POST")
def begin_preview(visit: Visit, list_id: str) -> HttpResponse:
    """Start a preview of the first sync, which changes nothing."""
    link, by, stop = find_audience(visit.site, list_id), visit.by, visit.service.stop
    progress = TaskProgress(visit.site.runtime.now)

    def work(site: Site) -> list[Plan]:
        fetch_names(site, link)
        return createplan(site, group_id=link.group_id, by=by, progress=progress, stop=stop)

    visit.service.tasks.begin(visit.site, PLAN, list_id, work, by=by, progress=progress)
    return redirect("configuration-first-sync", list_id)


@screen(Scope.CONFIGURE, "POST")
def switch_on(visit: Visit, list_id: str) -> HttpResponse:
    """Turn the schedule on, and start with exactly what was shown."""
    link = find_audience(visit.site, list_id)
    _check_version(visit)
    plan_id = int(text) if (text := visit.request.POST.get("plan", "")).isdecimal() else 0
    _check_plan(visit, link, plan_id)
    turn_on(visit.site, link, plan_id, by=visit.by)
    _begin_sync(visit, link, plan_id)
    visit.say(_("%(title)s is turned on, and the first sync has started.") % {"title": link.title})
    return redirect(watch_page(link))


def _begin_sync(visit: Visit, link: Link, plan_id: int) -> None:
    by, stop = visit.by, visit.service.stop

    def work(site: Site) -> object:
        if getplans(site, id=plan_id)[0].state == "approved":
            return applyplan(site, id=plan_id, max_time=0, by=by, stop=stop)
        return None  # the service's own schedule was quicker

    visit.service.tasks.begin(visit.site, SYNC, link.audience_id, work, by=by)


def _check_version(visit: Visit) -> None:
    if visit.request.POST.get("version") != str(visit.site.version):
        message = _(
            "The configuration has changed since you opened the page, so nothing was turned on. Check it and try again."
        )
        raise ConfigurationError(message)


def _check_plan(visit: Visit, link: Link, plan_id: int) -> None:
    newest = _newest_plan(visit, link)
    if newest is None or newest.id != plan_id:
        raise UsageError(_("This preview is out of date. Refresh it and review it again."))


def _newest_plan(visit: Visit, link: Link) -> Plan | None:
    plans = getplans(visit.site, group_id=link.group_id, limit=1)
    now = visit.site.runtime.now()
    usable = [one for one in plans if one.state == "open" and one.expires_at > now]
    return usable[0] if usable else None


def _context(visit: Visit, link: Link) -> dict[str, object]:
    task: BackgroundTask | None = visit.service.tasks.newest(link.audience_id)
    last = last_syncs(visit.site)[link.audience_id]
    plan = _newest_plan(visit, link)
    return {
        "link": link,
        "last": last,
        "task": task,
        "is_previewing": task is not None and task.kind == PLAN and task.is_under_way,
        "is_waiting": awaits_first_sync(link, last),
        "plan": plan,
        "plan_url": f"{reverse('plans')}/{plan.id}" if plan else "",
        "decision": plan_decision(plan, link, names_at_once(visit, link)) if plan else None,
        "samples": samples_of(visit, plan, link) if plan else [],
    }


urlpatterns = [
    path("configuration/connections/<str:list_id>/first-sync", show, name="configuration-first-sync"),
    path(
        "configuration/connections/<str:list_id>/first-sync/preview",
        begin_preview,
        name="configuration-first-sync-preview",
    ),
    path("configuration/connections/<str:list_id>/first-sync/begin", switch_on, name="configuration-switch-on"),
]
