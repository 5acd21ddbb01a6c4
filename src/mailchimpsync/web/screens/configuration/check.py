"""The check-up: finds problems on both sides and on this machine, and says what to do."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path

from mailchimpsync.actions import Level, Site, doctor
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.finding import Finding
from mailchimpsync.web.screens.screen import Visit, screen

CHECK = "check"
"""The background task's name, in place of an audience."""


@screen()
def show(visit: Visit) -> HttpResponse:
    """Show what the last check-up found."""
    task = visit.service.tasks.newest(CHECK)
    found: list[Finding] = (task.result if task else None) or []
    context = {
        "task": task,
        "is_checking": task is not None and task.is_under_way,
        "bad": [one for one in found if one.level is Level.BAD],
        "warnings": [one for one in found if one.level is Level.WARNING],
        "good": [one for one in found if one.level is Level.GOOD],
    }
    if visit.is_partial:
        return visit.part("configuration/parts/check.html", context)
    return visit.render("configuration/check.html", context)


@screen(Scope.RUN, "POST")
def begin(visit: Visit) -> HttpResponse:
    """Start a check-up, which changes nothing."""

    def work(site: Site) -> list[Finding]:
        return doctor(site)

    visit.service.tasks.begin(visit.site, CHECK, CHECK, work, by=visit.by)
    return redirect("configuration-check")


urlpatterns = [
    path("configuration/check", show, name="configuration-check"),
    path("configuration/check/begin", begin, name="configuration-begin-check"),
]
