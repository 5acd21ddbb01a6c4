"""Who may use the screens. What they may do there is what a token of the same scope may do over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailchimpsync.actions.api.description import Scope

NAME_CHARS = 100
_NAME = RegexValidator(r"\A[\w.@+-]+\Z", _("A name has letters, digits and the characters @ . + - _ only."))


class Role(models.TextChoices):
    """What somebody may do: each includes those before it."""

    VIEWER = "viewer", _("Viewer")
    OPERATOR = "operator", _("Operator")
    ADMINISTRATOR = "administrator", _("Administrator")

    @property
    def scope(self) -> Scope:
        """The scope of a token that may do as much."""
        return _SCOPES[self.value]


_SCOPES = {"viewer": Scope.READ, "operator": Scope.RUN, "administrator": Scope.CONFIGURE}


class Users(BaseUserManager["User"]):
    """Finds and makes users; names are compared without regard to case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user with a name, however it is written."""
        return self.get(name=normal_name(username or ""))


class User(AbstractBaseUser):
    """Somebody who signs in; without a usable password they have been invited, or come by single sign-on."""

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
        """The table's name stands beside the engine's."""

        db_table = "mailchimpsync_user"
        ordering = ("name",)

    def clean(self) -> None:
        """Write the name as all names are written."""
        self.name = normal_name(self.name)

    @property
    def scope(self) -> Scope:
        """What they may do."""
        return Role(self.role).scope

    def may(self, scope: Scope) -> bool:
        """Say whether they may do what needs a scope."""
        return self.scope.includes(scope)

    def save(self, *args: Any, **options: Any) -> None:
        """Keep it, its name in the normal form."""
        self.clean()
        super().save(*args, **options)


def normal_name(name: str) -> str:
    """Return a name as it is kept and compared."""
    return User.normalize_username(name).strip().lower()
