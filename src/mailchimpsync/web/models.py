"""Users of the screens. Each role permits what a token of the same scope permits over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.config.settings import OPERATOR_PREFIX
from mailchimpsync.web.served import signing_key

NAME_CHARS = 100
_NAME = RegexValidator(r"\A[\w.@+-]+\Z", _("Use only letters, digits and the characters @ . + - _"))


class Role(models.TextChoices):
    """What a user may do; each role includes the ones before it."""

    VIEWER = "viewer", _("Viewer")
    OPERATOR = "operator", _("Operator")
    ADMINISTRATOR = "administrator", _("Administrator")

    @property
    def scope(self) -> Scope:
        """The scope of a token with the same permissions."""
        return _SCOPES[self.value]


_SCOPES = {"viewer": Scope.READ, "operator": Scope.RUN, "administrator": Scope.CONFIGURE}


class Users(BaseUserManager["User"]):
    """Finds and creates users; names are case-insensitive."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user with a name, however it is written."""
        return self.get(name=normal_name(username or ""))


class User(AbstractBaseUser):
    """A user account; without a usable password, the user was invited or comes by single sign-on."""

    name: models.CharField[str, str] = models.CharField(
        _("name"), max_length=NAME_CHARS, unique=True, validators=[_NAME]
    )
    role: models.CharField[str, str] = models.CharField(
        _("role"), max_length=20, choices=Role.choices, default=Role.VIEWER
    )
    created_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(auto_now_add=True)
    created_by: models.CharField[str, str] = models.CharField(max_length=NAME_CHARS)

    USERNAME_FIELD = "name"

    objects = Users()

    class Meta:
        """Named like the engine's tables."""

        db_table = "mailchimpsync_user"
        ordering = ("name",)

    def clean(self) -> None:
        """Bring the name into normal form."""
        self.name = normal_name(self.name)

    @property
    def scope(self) -> Scope:
        """What they may do."""
        return Role(self.role).scope

    @property
    def is_operator(self) -> bool:
        """Say whether it is an operator of the fleet, who signs in there."""
        return self.name.startswith(OPERATOR_PREFIX)

    def may(self, scope: Scope) -> bool:
        """Say whether they have a scope."""
        return self.scope.includes(scope)

    def get_session_auth_hash(self) -> str:
        """Return what ends all sessions when the password changes. The salt is Django's own."""
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, self.password, secret=signing_key(), algorithm="sha256").hexdigest()

    def save(self, *args: Any, **options: Any) -> None:
        """Save it with its name in normal form."""
        self.clean()
        super().save(*args, **options)


def normal_name(name: str) -> str:
    """Return a name as it is stored and compared."""
    return User.normalize_username(name).strip().lower()
