"""Fields that several forms of the configuration have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from pydantic import BaseModel

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SECRET_CHARS_MAX = 500
PERCENT = 100
_BOUNDS = {"ge": "min_value", "le": "max_value", "max_length": "max_length"}


def bounds(model: type[BaseModel], name: str) -> dict[str, Any]:
    """Return the bounds that the configuration sets for a value, as options of a form's field."""
    found = {
        option: value
        for rule in model.model_fields[name].metadata
        for limit, option in _BOUNDS.items()
        if (value := getattr(rule, limit, None)) is not None
    }
    if not found:
        raise LookupError(f"{model.__name__}.{name} has no bounds.")
    return found


def number_field(model: type[BaseModel], name: str, label: str | _StrPromise, **options: Any) -> forms.IntegerField:
    """Return a field for a whole number of the configuration, within its bounds."""
    return forms.IntegerField(label=label, **bounds(model, name), **options)


def percent_field(model: type[BaseModel], name: str, label: str | _StrPromise, **options: Any) -> forms.FloatField:
    """Return a field for a share of the configuration, in percent."""
    limits = {option: value * PERCENT for option, value in bounds(model, name).items()}
    return forms.FloatField(label=label, **{**limits, **options})


def check_box(label: str | _StrPromise, **options: Any) -> forms.BooleanField:
    """Return a field that is on or off."""
    return forms.BooleanField(label=label, required=False, **options)


class NotBlank(forms.CharField):
    """A text in one line."""

    def clean(self, value: Any) -> Any:
        """Take it without the spaces around, and without a line break within."""
        text = super().clean(value)
        if any(not sign.isprintable() for sign in text):
            raise ValidationError(gettext_lazy("This contains an invisible character. Type it again."))
        return text


class SecretField(NotBlank):
    """A secret: it is never shown again, and left empty it stays what it is."""

    def __init__(self, **options: Any) -> None:
        """Take a field's options."""
        attributes = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        super().__init__(
            **{
                "required": False,
                "max_length": SECRET_CHARS_MAX,
                "widget": forms.PasswordInput(attrs=attributes, render_value=False),
                **options,
            }
        )
