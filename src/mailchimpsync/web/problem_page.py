"""Errors for people: a page instead of the JSON that programs get."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

WITHOUT_MENU = {"plain": True}
"""Context of pages without a menu."""

_PROGRAMS = ("/api/", "/civicrm/", "/webhook/", "/health", "/ready", "/metrics")


def is_for_programs(request: HttpRequest) -> bool:
    """Say whether an address is for programs, not for people."""
    return request.path_info.startswith(_PROGRAMS)


def problem_page(request: HttpRequest, title: str, what: str, status: int, *, remedy: str = "") -> HttpResponse:
    """Return a page that says what happened and what to do."""
    context = {"title": title, "what": what, "remedy": remedy, **WITHOUT_MENU}
    return render(request, "screens/problem.html", context, status=status)
