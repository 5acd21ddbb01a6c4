"""Signing in and out, and passwords: Django's views and django-axes' throttling, with pages of ours."""

from __future__ import annotations

import logging
from contextlib import suppress
from math import ceil
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import login
from django.contrib.auth.backends import ModelBackend, RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.contrib.auth.views import (
    LoginView,
    LogoutView,
    PasswordChangeView,
    PasswordResetConfirmView,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mailchimpsync.config.settings import OPERATOR_PREFIX
from mailchimpsync.web.accounts import PASSWORD_BACKEND, PASSWORD_LINKS, FirstUserForm, is_welcome, operator_user
from mailchimpsync.web.authentication import caller
from mailchimpsync.web.limits import TooManyCallsError
from mailchimpsync.web.models import Role, User, normal_name
from mailchimpsync.web.problem_page import WITHOUT_MENU, problem_page
from mailchimpsync.web.responses import FORBIDDEN, TOO_MANY
from mailchimpsync.web.served import role_of_operator
from mailchimpsync.web.service import door_of, service_of

OPERATOR_BACKEND = "mailchimpsync.web.sign_in.OperatorBackend"

logger = logging.getLogger(__name__)


class SignIn(LoginView):
    """Ask for name and password."""

    template_name = "screens/sign_in.html"
    redirect_authenticated_user = True
    extra_context = WITHOUT_MENU

    def post(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        """Check the form, unless too many sign-ins from this address have failed, for any names."""
        try:
            door_of(request).limits.failures.check(caller(request))
        except TooManyCallsError as error:
            return locked_out(request, seconds=error.seconds)
        return super().post(request, *args, **named)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Log that a sign-in failed, but not the name."""
        logger.warning("A sign-in failed.")
        with suppress(TooManyCallsError):
            door_of(self.request).limits.failures.count(caller(self.request))
        return super().form_invalid(form)


class SignOut(LogoutView):
    """End the session."""


class ChangePassword(PasswordChangeView):
    """Change one's own password; all other sessions end."""

    template_name = "screens/password.html"
    success_url = reverse_lazy("overview")
    extra_context = WITHOUT_MENU


class SetPassword(PasswordResetConfirmView):
    """Choose a password with a link that an administrator has made; it works once."""

    template_name = "screens/set_password.html"
    token_generator = PASSWORD_LINKS
    post_reset_login = True
    post_reset_login_backend = PASSWORD_BACKEND
    success_url = reverse_lazy("overview")
    extra_context = WITHOUT_MENU


@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, word: str) -> HttpResponse:
    """Let the first administrator create their account with the link that `serve` has printed.

    Raises:
        Http404: the link is invalid or expired, or there is a user already.
    """
    if not is_welcome(word):
        raise Http404
    form = FirstUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.save(), backend=PASSWORD_BACKEND)
        return redirect("overview")
    return render(request, "screens/welcome.html", {"form": form, **WITHOUT_MENU})


def locked_out(
    request: HttpRequest, _response: Any = None, _credentials: Any = None, *, seconds: int | None = None
) -> HttpResponse:
    """Return the page after too many failed sign-ins; it says how long to wait."""
    minutes = ceil((seconds or django_settings.AXES_COOLOFF_TIME.total_seconds()) / 60)
    logger.warning("A sign-in is locked: too many failures.")
    return render(request, "screens/locked_out.html", {"minutes": minutes, **WITHOUT_MENU}, status=TOO_MANY)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 (Django's signature)
    """Return the page for a form without a valid secret: it was open too long, or came from another site."""
    return problem_page(
        request,
        _("This page has expired"),
        _("The form couldn't be verified, so nothing was changed."),
        FORBIDDEN,
        remedy=_("Go back, reload the page and submit the form again. Your browser must accept cookies."),
    )


@never_cache
@require_safe
def sign_in_as_operator(request: HttpRequest, word: str) -> HttpResponse:
    """Let an operator of the fleet in who comes from its overview, once. The journal names them as such.

    Raises:
        Http404: the link is invalid or expired, or was used before; or there is no fleet.
        UsageError: their name is too long.
    """
    service = service_of(request)
    name = service.operators.use_link(str(service.settings.site), word) if service.operators is not None else None
    role = service.operators.role_of(name) if service.operators is not None and name is not None else None
    if name is None or role is None:
        raise Http404
    login(request, operator_user(name, Role(role)), backend=OPERATOR_BACKEND)
    return redirect("overview")


class OperatorBackend(ModelBackend):
    """Knows the operators of a fleet at a site, for as long as they are operators. Nobody signs in by it."""

    def authenticate(self, request: HttpRequest | None, **_credentials: Any) -> None:  # type: ignore[override]
        """Return nobody."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session with the role that the operator has now; None: they are none any more."""
        user = super().get_user(user_id)
        role = role_of_operator(user.name.removeprefix(OPERATOR_PREFIX)) if isinstance(user, User) else None
        if not isinstance(user, User) or role is None:
            return None
        user.role = role
        return user


class HeaderSignIn(RemoteUserMiddleware):
    """Signs people in by a header, trusted only from the proxies of the settings."""

    def __init__(self, get_response: Any) -> None:
        """The header's name comes from the site's settings, see `config.settings`."""
        super().__init__(get_response)
        self.header = ""  # type: ignore[misc]  # Django reads it from the instance

    def __call__(self, request: HttpRequest) -> Any:
        """Read the header if the request comes from a trusted proxy."""
        settings = door_of(request).settings
        name = "HTTP_" + (settings.sign_in_header or "").upper().replace("-", "_")
        if request.META.get("REMOTE_ADDR") not in settings.proxy_addresses:
            request.META.pop(name, None)
        self.header = name  # type: ignore[misc]  # likewise
        return super().__call__(request)


class HeaderBackend(RemoteUserBackend):
    """Finds the user that the proxy names; creates it if the setting `sign_in_role` gives a role."""

    def authenticate(self, request: HttpRequest, remote_user: str | None) -> User | None:  # type: ignore[override]
        """Return the user, or None: turned away."""
        name = self.clean_username(remote_user or "")
        settings = door_of(request).settings
        role = settings.sign_in_role if not settings.fleet else None  # a proxy can't say whose site somebody belongs to
        found = User.objects.filter(name=name).exclude(name__startswith=OPERATOR_PREFIX).first()
        if found is None and role is not None and name:
            found = User(name=name, role=role, created_by="single sign-on")
            found.set_unusable_password()
            found.full_clean()
            found.save()
        return found

    def clean_username(self, username: str) -> str:
        """Return the name as names are kept."""
        return normal_name(username)
