"""The Django application."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class WebConfig(AppConfig):
    """Users, screens, static files, templates and translations."""

    name = "mailchimpsync.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Delete expired sessions at every sign-in; the import needs Django's registry."""
        from mailchimpsync.web.accounts import forget_old_sessions  # noqa: PLC0415 (models are ready only now)

        user_logged_in.connect(forget_old_sessions)
