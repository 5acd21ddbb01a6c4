"""What commands need that touch the screens' users: Django, and its connections closed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from mailchimpsync.actions import Site
from mailchimpsync.errors import ConfigurationError

_NEEDED = (
    "argon2",
    "axes",
    "django",
    "django_htmx",
    "gunicorn",
    "ninja",
    "prometheus_client",
    "structlog",
    "whitenoise",
)


def has_web_parts() -> bool:
    """Say whether the packages that serving needs are installed."""
    return not _missing()


def check_installed() -> None:
    """Make sure that the packages that serving needs are installed.

    Raises:
        ConfigurationError: they are not.
    """
    if missing := _missing():
        what = f"The service needs packages that are not installed ({', '.join(missing)})."
        raise ConfigurationError(f"{what} Install them: pip install 'mailchimpsync[web]'")


@contextmanager
def web_parts(site: Site) -> Iterator[None]:
    """Set up Django for a site, as long as the context lasts."""
    check_installed()
    from django.db import connections  # noqa: PLC0415 (most commands need no Django)

    from mailchimpsync.web.wsgi import set_up  # noqa: PLC0415

    set_up(site)
    try:
        yield
    finally:
        connections.close_all()


def _missing() -> list[str]:
    return [name for name in _NEEDED if find_spec(name) is None]
