"""Users of the screens and tokens for the API."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import create_token, list_tokens, revoke_token
from mailchimpsync.errors import UsageError
from mailchimpsync.web.accounts import change_role, create_user, find_user, password_path, remove_user
from mailchimpsync.web.models import NAME_CHARS, Role, User
from mailchimpsync.web.screens.screen import Visit, screen


class UserForm(forms.Form):
    """A new user."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_CHARS)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)


class TokenForm(forms.Form):
    """A new token."""

    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=100)
    scope = forms.ChoiceField(
        label=gettext_lazy("Permissions"),
        choices=[
            (Scope.READ.value, gettext_lazy("View everything")),
            (Scope.RUN.value, gettext_lazy("Also sync")),
            (Scope.CONFIGURE.value, gettext_lazy("Also change the configuration")),
        ],
    )
    days = forms.IntegerField(
        label=gettext_lazy("Valid for (days)"),
        help_text=gettext_lazy("Leave blank to keep it valid until it is revoked."),
        required=False,
        min_value=1,
        max_value=3_650,
    )


@screen(Scope.CONFIGURE)
def index(visit: Visit) -> HttpResponse:
    """Show users and tokens."""
    return _page(visit, UserForm(), TokenForm())


@screen(Scope.CONFIGURE, "POST")
def add_user(visit: Visit) -> HttpResponse:
    """Create a user and show the link for choosing a password."""
    form = UserForm(visit.request.POST)
    if not form.is_valid():
        return _page(visit, form, TokenForm())
    try:
        user = create_user(form.cleaned_data["name"], Role(form.cleaned_data["role"]), visit.by)
    except UsageError as error:
        form.add_error("name", error.what)
        return _page(visit, form, TokenForm())
    return _show_link(visit, user)


@screen(Scope.CONFIGURE, "POST")
def change_user(visit: Visit, name: str) -> HttpResponse:
    """Change a user's role, create a new password link, or remove the user."""
    user, act = find_user(name), visit.request.POST.get("act")
    if act == "link":
        return _show_link(visit, user)
    if act == "remove":
        remove_user(user)
        visit.say(_("%(name)s was removed and signed out.") % {"name": user.name})
    elif act == "role":
        role = visit.request.POST.get("role", "")
        if role not in Role.values:
            raise UsageError(_("There is no such role. There are: %(roles)s.") % {"roles": ", ".join(Role.values)})
        change_role(user, Role(role))
        visit.say(_("The role of %(name)s was changed.") % {"name": user.name})
    return redirect("users")


@screen(Scope.CONFIGURE, "POST")
def add_token(visit: Visit) -> HttpResponse:
    """Create a token and show it once."""
    form = TokenForm(visit.request.POST)
    if not form.is_valid():
        return _page(visit, UserForm(), form)
    given = form.cleaned_data
    text = create_token(
        visit.site, name=given["purpose"], scope=Scope(given["scope"]), expires_in_days=given["days"], by=visit.by
    )
    return visit.render("secret.html", {"title": _("The token"), "secret": text, "is_token": True})


@screen(Scope.CONFIGURE, "POST")
def remove_token(visit: Visit, token_id: int) -> HttpResponse:
    """Revoke a token."""
    revoke_token(visit.site, token_id)
    visit.say(_("Token %(id)s was revoked.") % {"id": token_id})
    return redirect("users")


def _page(visit: Visit, user_form: UserForm, token_form: TokenForm) -> HttpResponse:
    now = visit.site.runtime.now()
    tokens = [(token, token.state(now)) for token in reversed(list_tokens(visit.site))]
    context = {
        "users": User.objects.all(),
        "roles": Role.choices,
        "tokens": tokens,
        "user_form": user_form,
        "token_form": token_form,
    }
    is_wrong = user_form.is_bound or token_form.is_bound
    return visit.render("users.html", context, status=400 if is_wrong else 200)


def _show_link(visit: Visit, user: User) -> HttpResponse:
    link = visit.request.build_absolute_uri(password_path(user))
    return visit.render("secret.html", {"title": _("The link for %(name)s") % {"name": user.name}, "secret": link})


urlpatterns = [
    path("users", index, name="users"),
    path("users/add", add_user, name="add-user"),
    path("users/<str:name>/change", change_user, name="change-user"),
    path("users/tokens/add", add_token, name="add-token"),
    path("users/tokens/<int:token_id>/revoke", remove_token, name="revoke-token"),
]
