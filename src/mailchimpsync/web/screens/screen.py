"""What every screen has in common: who may see it, a site of its own, and errors as pages that say what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render as django_render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mailchimpsync.actions import Site
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.errors import REGISTRY, MailchimpsyncError
from mailchimpsync.web.models import User
from mailchimpsync.web.responses import FORBIDDEN, status_of
from mailchimpsync.web.screens.menu import menu
from mailchimpsync.web.service import Service, service_of

logger = logging.getLogger(__name__)

HX_REDIRECT = "HX-Redirect"


@dataclass(frozen=True)
class Visit:
    """Somebody who looks at a screen, with a site of their own that has the newest configuration."""

    request: HttpRequest
    user: User
    site: Site
    service: Service

    @property
    def by(self) -> str:
        """Who it is, for the journal."""
        name: str = self.user.name
        return name

    @property
    def is_partial(self) -> bool:
        """Say whether only a part of the page was asked for, by htmx."""
        htmx = self.request.htmx  # type: ignore[attr-defined]  # django-htmx puts it there
        return bool(htmx) and not htmx.boosted and not htmx.history_restore_request

    def may(self, scope: Scope) -> bool:
        """Say whether they may do what needs a scope."""
        return self.user.may(scope)

    def render(self, template: str, context: Mapping[str, Any] | None = None, status: int = 200) -> HttpResponse:
        """Return a page of `templates/screens/`, with the menu around it."""
        whole = {"visit": self, "menu": menu(self.site, self.user, self.request.path), **(context or {})}
        return django_render(self.request, f"screens/{template}", whole, status=status)

    def part(self, template: str, context: Mapping[str, Any]) -> HttpResponse:
        """Return a part of a page, for htmx."""
        return django_render(self.request, f"screens/{template}", {"visit": self, **context})

    def say(self, text: str) -> None:
        """Say on the next page that something is done."""
        messages.success(self.request, text)

    def warn(self, text: str) -> None:
        """Say on the next page that something was not done, or is amiss."""
        messages.warning(self.request, text)


Screen = Callable[..., HttpResponseBase]


def screen(scope: Scope = Scope.READ, *methods: str) -> Callable[[Screen], Screen]:
    """Make a view of a function that takes a `Visit`: for those only who have signed in and may do so much.

    `methods` are those of HTTP, GET and HEAD without any.
    """

    def decorate(function: Screen) -> Screen:
        @wraps(function)
        def view(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User):
                return _to_sign_in(request)
            service = service_of(request)
            with service.open_site() as site:
                visit = Visit(request, user, site, service)
                if not user.may(scope):
                    return not_allowed(visit)
                try:
                    return function(visit, *args, **named)
                except MailchimpsyncError as error:
                    return problem(visit, error)

        return require_http_methods(list(methods) or ["GET", "HEAD"])(view)

    return decorate


def problem(visit: Visit, error: MailchimpsyncError) -> HttpResponse:
    """Return the page that tells of an error: what happened, why, and what to do."""
    entry = REGISTRY[error.code]
    context = {
        "title": _(entry.sentence),
        "what": error.what,
        "cause": _(entry.cause) if entry.cause else "",
        "remedy": _(entry.remedy) if entry.remedy else "",
        "code": error.code.value,
    }
    return visit.render("problem.html", context, status=status_of(error))


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    answer = redirect_to_login(request.get_full_path() if request.method == "GET" else "")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={HX_REDIRECT: answer.headers["Location"]})
    return answer


def not_allowed(visit: Visit) -> HttpResponse:
    """Return the page that tells somebody that their role does not reach so far."""
    context = {
        "title": _("This is not for you"),
        "what": _("Your role does not reach so far, so nothing was done."),
        "remedy": _("Ask an administrator to do it, or to give you another role."),
    }
    return visit.render("problem.html", context, status=FORBIDDEN)
