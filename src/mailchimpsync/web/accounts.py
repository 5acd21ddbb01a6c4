"""User accounts: create, invite, change and remove them, from the screens and from the command line."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from mailchimpsync.config import Settings
from mailchimpsync.config.settings import OPERATOR_PREFIX
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.web.models import NAME_CHARS, Role, User, normal_name
from mailchimpsync.web.served import signing_key

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"  # noqa: S105 (not a password)

_WELCOME_SECONDS = 86_400
_SALT, _WORD = "welcome", "first administrator"


class PasswordLinks(PasswordResetTokenGenerator):
    """Makes and checks the links for choosing a password: one is worth something only at the site that made it."""

    @property
    def secret(self) -> str:  # type: ignore[override]  # Django's can be set, and nobody does
        """The key of the site that is served."""
        return signing_key()

    def check_token(self, user: Any, token: str | None) -> bool:
        """Say whether a link is valid; the fleet's operators have no password at a site."""
        return not user.is_operator and super().check_token(user, token)


PASSWORD_LINKS = PasswordLinks()


class FirstUserForm(BaseUserCreationForm):  # type: ignore[type-arg]  # Django has no generic at run time
    """Name and password of the first administrator."""

    class Meta:
        """Only the name: the role is given."""

        model = User
        fields = ("name",)
        widgets: ClassVar = {"name": forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})}

    def save(self, commit: bool = True) -> User:
        """Create the administrator, unless an account was created in the meantime."""
        self.instance.role = Role.ADMINISTRATOR
        self.instance.created_by = "first start"
        with transaction.atomic():
            if User.objects.exists():
                raise UsageError(_("An account already exists. Sign in, or ask an administrator."))
            user: User = super().save(commit)
            return user


def welcome_path() -> str | None:
    """Return the path of the one-time link for the first administrator; None once there is a user."""
    if User.objects.exists():
        return None
    return reverse("welcome", args=[signing.dumps(_WORD, key=signing_key(), salt=_SALT)])


def address_of(settings: Settings, path: str) -> str:
    """Return the full address of a path: at `public_url` if it is set, otherwise at `listen`."""
    public = urlsplit(settings.public_url or f"http://{settings.listen}")
    return f"{public.scheme}://{public.netloc}{path}"


def is_welcome(word: str) -> bool:
    """Say whether a link for the first administrator is valid: signed here, not expired, and not used yet."""
    try:
        signing.loads(word, key=signing_key(), salt=_SALT, max_age=_WELCOME_SECONDS)
    except signing.BadSignature:
        return False
    return not User.objects.exists()


def create_user(name: str, role: Role, by: str) -> User:
    """Create a user without a password; `password_path` lets them choose one.

    Raises:
        UsageError: the name is not allowed, or is taken.
    """
    user = User(name=name, role=role, created_by=by)
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as error:
        raise UsageError(" ".join(error.messages)) from None
    user.save()
    return user


def operator_user(name: str, role: Role) -> User:
    """Return the user under whose name an operator of the fleet acts at this site, after creating or updating it.

    Raises:
        UsageError: the name is too long.
    """
    name = f"{OPERATOR_PREFIX}{name}"
    if len(name) > NAME_CHARS:
        raise UsageError(_("The name is too long for an operator."))
    user = User.objects.filter(name=name).first() or User(name=name, created_by="fleet")
    user.role = role
    user.set_unusable_password()
    user.save()
    return user


def find_user(name: str) -> User:
    """Return a user.

    Raises:
        UsageError: `UNKNOWN`, there is no user with this name.
    """
    found = User.objects.filter(name=normal_name(name)).first()
    if found is None:
        raise UsageError(_("There is no user “%(name)s”.") % {"name": name}, code=Code.UNKNOWN)
    return found


def password_path(user: User) -> str:
    """Return the path of a link for choosing a password; it works once and expires in three days.

    Raises:
        UsageError: it is an operator of the fleet, who has no password here.
    """
    if user.is_operator:
        raise UsageError(_("%(name)s is an operator of the fleet, and signs in there.") % {"name": user.name})
    user_id = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("set-password", args=[user_id, PASSWORD_LINKS.make_token(user)])


def change_role(user: User, role: Role) -> None:
    """Change a user's role; it applies from their next request.

    Raises:
        UsageError: they are the last administrator.
    """
    with transaction.atomic():
        if role is not Role.ADMINISTRATOR:
            _keep_an_administrator(user)
        user.role = role
        user.save(update_fields=["role"])


def remove_user(user: User) -> None:
    """Remove a user and end their sessions immediately.

    Raises:
        UsageError: they are the last administrator.
    """
    with transaction.atomic():
        _keep_an_administrator(user)
        user.delete()


def forget_old_sessions(**_options: Any) -> None:
    """Delete expired sessions; called at every sign-in."""
    SessionStore.clear_expired()


def _keep_an_administrator(user: User) -> None:
    others = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR).exclude(pk=user.pk)
    if user.role == Role.ADMINISTRATOR and not others.exists():
        raise UsageError(_("This is the only administrator. Make someone else an administrator first."))
