"""Earlier runs: when, with what outcome, what each changed, and a button to undo one."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from mailchimpsync.actions import count_runs, find_run, getruns, journal_get, undoplan
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.web.screens.names import names_at_once
from mailchimpsync.web.screens.person_links import people_links
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.screens.status.cards import connection_cards
from mailchimpsync.web.screens.status.charts import history_of
from mailchimpsync.web.screens.status.connection import begin, log_with_times

RUNS_PER_PAGE = 25
CHANGES_PER_PAGE = 25


@screen()
def index(visit: Visit, list_id: str) -> HttpResponse:
    """Show the runs of a connection, the newest first."""
    link = find_audience(visit.site, list_id)
    page = Paginator(range(count_runs(visit.site, list_id)), RUNS_PER_PAGE).get_page(visit.request.GET.get("page"))
    offset = (page.number - 1) * RUNS_PER_PAGE
    runs = getruns(visit.site, list_id=list_id, limit=RUNS_PER_PAGE, offset=offset)
    [card] = connection_cards(visit, [link])
    history = history_of(visit, link, card.status)  # with today's numbers, as on the overview
    return visit.render("runs.html", {"link": link, "runs": runs, "page": page, "history": history})


@screen()
def run(visit: Visit, run_id: int) -> HttpResponse:
    """Show a run: what it changed, and its log."""
    details = find_run(visit.site, run_id)
    links = {link.audience_id: link for link in visit.site.configuration.connections}
    offset = _number(visit.request.GET.get("from"))
    entries = journal_get(visit.site, run_id=run_id, limit=CHANGES_PER_PAGE + 1, offset=offset)
    link, shown = links.get(details.run.list_id), entries[:CHANGES_PER_PAGE]
    if link is not None and shown:
        names_at_once(visit, link)  # kept for a while, and shown with each change
    people = people_links(visit.site, link, [(entry["contact_id"], entry["member_id"]) for entry in shown])
    context = {
        "run": details.run,
        "link": link,
        "log": log_with_times(details.log),
        "entries": list(zip(shown, people, strict=True)),
        "first": offset + 1,
        "last": offset + min(len(entries), CHANGES_PER_PAGE),
        "before": max(0, offset - CHANGES_PER_PAGE) if offset else None,
        "after": offset + CHANGES_PER_PAGE if len(entries) > CHANGES_PER_PAGE else None,
    }
    return visit.render("run.html", context)


@screen(Scope.RUN, "POST")
def undo(visit: Visit, run_id: int) -> HttpResponse:
    """Make a plan to undo a run."""
    list_id = find_run(visit.site, run_id).run.list_id
    link = find_audience(visit.site, list_id)
    by, stop = visit.by, visit.service.stop
    begin(visit, link, "undo", lambda site: undoplan(site, run_id=run_id, group_id=link.group_id, by=by, stop=stop))
    visit.say(_("A plan to undo the sync is being made. This changes nothing."))
    return redirect("connection", list_id)


def _number(text: str | None) -> int:
    return min(int(text), 2**31 - 1) if text and text.isascii() and text.isdigit() else 0


urlpatterns = [
    path("connections/<str:list_id>/runs", index, name="runs"),
    path("runs/<int:run_id>", run, name="run"),
    path("runs/<int:run_id>/undo", undo, name="undo-run"),
]
