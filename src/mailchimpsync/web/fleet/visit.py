"""The common parts of a fleet's own pages: who may see them, the menu around them, and errors as pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mailchimpsync.actions import Fleet
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.errors import REGISTRY, MailchimpsyncError
from mailchimpsync.web.fleet.services import FleetService
from mailchimpsync.web.models import Role, User
from mailchimpsync.web.responses import FORBIDDEN, status_of
from mailchimpsync.web.screens.menu import Item
from mailchimpsync.web.service import door_of
from mailchimpsync.web.templatetags.screens import translated

HELP = "how-to/run-many-sites"
_READING = ("GET", "HEAD")


@dataclass(frozen=True)
class FleetVisit:
    """A request for a page of the fleet by one of its operators."""

    request: HttpRequest
    user: User
    service: FleetService

    @property
    def fleet(self) -> Fleet:
        """The fleet."""
        return self.service.fleet

    @property
    def by(self) -> str:
        """The operator's name, for the record."""
        return str(self.user.name)

    @property
    def may_operate(self) -> bool:
        """Say whether they may do something to sites."""
        return self.user.may(Scope.RUN)

    @property
    def may_upgrade(self) -> bool:
        """Say whether they may upgrade sites."""
        return self.user.may(Scope.CONFIGURE)

    def render(self, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
        """Return a page with the menu around it."""
        whole = {"visit": self, "menu": self._menu(), "help_url": reverse("help", args=[HELP]), **context}
        return render(self.request, template, whole, status=status)

    def problem(self, title: str, what: str, remedy: str = "", *, status: int) -> HttpResponse:
        """Return a page that says what happened and what to do."""
        context = {"title": title, "what": what, "remedy": remedy}
        return self.render("screens/problem.html", context, status)

    def warn(self, what: str) -> None:
        """Show a warning on the next page."""
        messages.warning(self.request, what)

    def _menu(self) -> list[Item]:
        entries = (("overview", _("All sites"), "overview"), ("operations", _("What was done"), "rows"))
        path = self.request.path
        return [
            Item(name, title, reverse(name), icon, path.rstrip("/") == reverse(name).rstrip("/"))
            for name, title, icon in entries
        ]


Screen = Callable[..., HttpResponseBase]


def fleet_screen(scope: Scope = Scope.READ, *methods: str) -> Callable[[Screen], Screen]:
    """Turn a function that takes a `FleetVisit` into a view for operators with a scope."""

    def decorate(function: Screen) -> Screen:
        @wraps(function)
        def view(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User):
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "")
            visit = FleetVisit(request, user, cast("FleetService", door_of(request)))
            if not user.may(scope):
                role = next(role for role in Role if role.scope is scope)
                what = _("This needs the role “%(role)s”. Nothing was changed.") % {"role": role.label}
                return visit.problem(_("You don't have permission"), what, status=FORBIDDEN)
            try:
                return function(visit, *args, **named)
            except MailchimpsyncError as error:
                entry = REGISTRY[error.code]
                what, remedy = translated(error.what), translated(entry.remedy)
                return visit.problem(_(entry.sentence), what, remedy, status=status_of(error))

        return require_http_methods(list(methods or _READING))(view)

    return decorate
