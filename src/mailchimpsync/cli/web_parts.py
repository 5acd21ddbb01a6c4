"""Django for the commands that need it, such as those for the users of the screens."""

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
    """Return whether the packages that the service needs are installed."""
    return not _missing()


def check_installed() -> None:
    """Check that the packages that the service needs are installed.

    Raises:
        ConfigurationError: they are not.
    """
    if missing := _missing():
        what = f"The service needs packages that aren't installed ({', '.join(missing)})."
        raise ConfigurationError(f"{what} Run `pip install '.[web]'` in the directory of the source code.")


@contextmanager
def web_parts(site: Site) -> Iterator[None]:
    """Set up Django for a site within the context, and close its connections afterwards."""
    check_installed()
    from django.db import connections  # noqa: PLC0415 (most commands need no Django)

    from mailchimpsync.web.served import serving_at  # noqa: PLC0415
    from mailchimpsync.web.wsgi import set_up  # noqa: PLC0415

    set_up(site)
    with serving_at(site):
        try:
            yield
        finally:
            connections.close_all()


def _missing() -> list[str]:
    return [name for name in _NEEDED if find_spec(name) is None]
