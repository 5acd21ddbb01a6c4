"""Users: made, invited, changed and removed, by the screens and by the command line."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from mailchimpsync.config import Settings
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.web.models import Role, User, normal_name

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"  # noqa: S105 (not a password)

_WELCOME_SECONDS = 86_400
_SALT, _WORD = "welcome", "first administrator"


class FirstUserForm(BaseUserCreationForm):  # type: ignore[type-arg]  # Django has no generic at run time
    """Name and password of the first administrator."""

    class Meta:
        """Only the name: the role is given."""

        model = User
        fields = ("name",)
        widgets: ClassVar = {"name": forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})}

    def save(self, commit: bool = True) -> User:
        """Make the administrator, if nobody was quicker."""
        self.instance.role = Role.ADMINISTRATOR
        self.instance.created_by = "first start"
        with transaction.atomic():
            if User.objects.exists():
                raise UsageError(_("There is a user already; sign in, or ask an administrator."))
            user: User = super().save(commit)
            return user


def welcome_path() -> str | None:
    """Return the path of the one-time link for the first administrator; None once there is a user."""
    if User.objects.exists():
        return None
    return reverse("welcome", args=[signing.dumps(_WORD, salt=_SALT)])


def address_of(settings: Settings, path: str) -> str:
    """Return the whole address of a path, as far as we know by which name people reach us."""
    public = urlsplit(settings.public_url or f"http://{settings.listen}")
    return f"{public.scheme}://{public.netloc}{path}"


def is_welcome(word: str) -> bool:
    """Say whether a link for the first administrator is valid: signed by us, not old, and nobody has used it."""
    try:
        signing.loads(word, salt=_SALT, max_age=_WELCOME_SECONDS)
    except signing.BadSignature:
        return False
    return not User.objects.exists()


def create_user(name: str, role: Role, by: str) -> User:
    """Make a user who has no password yet; `password_path` gives them one.

    Raises:
        UsageError: the name can't be used, or is taken.
    """
    user = User(name=name, role=role, created_by=by)
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as error:
        raise UsageError(" ".join(error.messages)) from None
    user.save()
    return user


def find_user(name: str) -> User:
    """Return a user.

    Raises:
        UsageError: `UNKNOWN`, there is none of this name.
    """
    found = User.objects.filter(name=normal_name(name)).first()
    if found is None:
        raise UsageError(_("There is no user “%(name)s”.") % {"name": name}, code=Code.UNKNOWN)
    return found


def password_path(user: User) -> str:
    """Return the path of a link by which a user chooses a password; it serves once, and for three days."""
    user_id = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("set-password", args=[user_id, default_token_generator.make_token(user)])


def change_role(user: User, role: Role) -> None:
    """Change what a user may do, from the next page on.

    Raises:
        UsageError: they are the last administrator.
    """
    with transaction.atomic():
        if role is not Role.ADMINISTRATOR:
            _keep_an_administrator(user)
        user.role = role
        user.save(update_fields=["role"])


def remove_user(user: User) -> None:
    """Remove a user; their sessions end at once.

    Raises:
        UsageError: they are the last administrator.
    """
    with transaction.atomic():
        _keep_an_administrator(user)
        user.delete()


def forget_old_sessions(**_options: Any) -> None:
    """Delete the sessions that have expired; called whenever somebody signs in."""
    SessionStore.clear_expired()


def _keep_an_administrator(user: User) -> None:
    others = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR).exclude(pk=user.pk)
    if user.role == Role.ADMINISTRATOR and not others.exists():
        raise UsageError(_("Nobody else is an administrator, so this one has to stay one. Make another one first."))
