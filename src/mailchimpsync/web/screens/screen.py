"""The common parts of screens: permissions, a separate site for each request, and errors as pages."""

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
from mailchimpsync.messages import in_language
from mailchimpsync.web.help import help_url
from mailchimpsync.web.models import Role, User
from mailchimpsync.web.responses import FORBIDDEN, status_of
from mailchimpsync.web.screens.dates import with_local_number, with_local_times
from mailchimpsync.web.screens.menu import forget_numbers, menu
from mailchimpsync.web.screens.tabs import Tab, frame_of, url_of
from mailchimpsync.web.screens.wording import on_screen
from mailchimpsync.web.service import Service, service_of

logger = logging.getLogger(__name__)

HX_REDIRECT = "HX-Redirect"
_READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Visit:
    """A request for a screen by a user, with a separate site that has the newest configuration."""

    request: HttpRequest
    user: User
    site: Site
    service: Service

    @property
    def by(self) -> str:
        """The user's name, for the journal."""
        name: str = self.user.name
        return name

    @property
    def is_partial(self) -> bool:
        """Say whether htmx asked for a part of the page only."""
        htmx = self.request.htmx  # type: ignore[attr-defined]  # django-htmx puts it there
        return bool(htmx) and not htmx.boosted and not htmx.history_restore_request

    def may(self, scope: Scope) -> bool:
        """Say whether the user has a scope."""
        return self.user.may(scope)

    def render(self, template: str, context: Mapping[str, Any] | None = None, status: int = 200) -> HttpResponse:
        """Return a page of `templates/screens/`, with the menu around it."""
        frame = frame_of(self.request, self.site, self.service, context or {})
        path = url_of(Tab.STATUS, frame.link) if frame is not None else self.request.path
        whole = {"visit": self, "menu": menu(self.site, self.user, path), "frame": frame, **(context or {})}
        whole["help_url"] = help_url(self.request.resolver_match.url_name or "") if self.request.resolver_match else ""
        return django_render(self.request, f"screens/{template}", whole, status=status)

    def part(self, template: str, context: Mapping[str, Any]) -> HttpResponse:
        """Return a part of a page, for htmx; a live part can refresh the menu's numbers too."""
        whole = {"visit": self, "menu": menu(self.site, self.user, self.request.path), **context}
        return django_render(self.request, f"screens/{template}", whole)

    def say(self, text: str) -> None:
        """Show a success message on the next page."""
        messages.success(self.request, text)

    def warn(self, text: str) -> None:
        """Show a warning on the next page."""
        messages.warning(self.request, text)


Screen = Callable[..., HttpResponseBase]


def screen(scope: Scope = Scope.READ, *methods: str, is_readable: bool = False) -> Callable[[Screen], Screen]:
    """Turn a function that takes a `Visit` into a view for signed-in users with a scope.

    `methods` are HTTP methods; GET and HEAD by default. `is_readable`: everybody may open it, to read what is set.
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
                needed = Scope.READ if is_readable and request.method in _READING else scope
                if not user.may(needed):
                    return not_allowed(visit, needed)
                try:
                    return function(visit, *args, **named)
                except MailchimpsyncError as error:
                    return problem(visit, error)
                finally:
                    if request.method == "POST":
                        forget_numbers(site)

        return require_http_methods(list(methods or _READING))(view)

    return decorate


def problem(visit: Visit, error: MailchimpsyncError) -> HttpResponse:
    """Return the page of an error: what happened, why, and what to do."""
    entry = REGISTRY[error.code]
    context = {
        "title": _(entry.sentence),
        "what": with_local_times(in_language(error.what, on_screen, with_local_number)),
        "cause": in_language(entry.cause, on_screen),
        "remedy": in_language(entry.remedy, on_screen),
        "code": error.code.value,
    }
    return visit.render("problem.html", context, status=status_of(error))


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    answer = redirect_to_login(request.get_full_path() if request.method == "GET" else "")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={HX_REDIRECT: answer.headers["Location"]})
    return answer


def not_allowed(visit: Visit, needed: Scope) -> HttpResponse:
    """Return the page that names the role that is needed."""
    role = next(role for role in Role if role.scope is needed)
    context = {
        "title": _("You don't have permission"),
        "what": _("This needs the role “%(role)s”. Nothing was changed.") % {"role": role.label},
        "remedy": _("Ask an administrator to do it or to change your role."),
    }
    return visit.render("problem.html", context, status=FORBIDDEN)
