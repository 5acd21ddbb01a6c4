"""To be written."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

from mailchimpsync.web.screens.screen import Visit, screen


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show it."""
    return visit.render("problem.html", {"title": "overview", "what": "to be written"})


urlpatterns = [path("", index, name="overview")]
