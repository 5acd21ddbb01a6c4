"""The documentation as screens."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import path

from mailchimpsync.web.help import help_page
from mailchimpsync.web.screens.screen import Visit, screen


@screen()
def index(visit: Visit, name: str) -> HttpResponse:
    """Show a page of the documentation."""
    page = help_page(name)
    if page is None:
        raise Http404
    return visit.render("help.html", {"page": page})


urlpatterns = [path("help/<path:name>", index, name="help")]
