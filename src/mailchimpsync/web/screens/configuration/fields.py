"""Fields that several forms of the configuration have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

SECRET_CHARS_MAX = 500


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
