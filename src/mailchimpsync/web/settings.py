"""Django's settings. They are made from the site's own settings; there is no settings module and no file."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings as django_settings

from mailchimpsync.config import Settings

MAX_BODY_BYTES = 2_500_000
"""What a request may hold at most: about ten times the configuration of a large site."""

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a browser may do with our answers: load from here, nothing inline, nothing from elsewhere, never in a frame."""

_ONE_YEAR_SECONDS = 31_536_000
_COUNTERS = 20_000
_WILDCARDS = {"0.0.0.0", "[::]", ""}  # noqa: S104 (not bound to, but left out)


def make_settings(settings: Settings, secret: str) -> dict[str, Any]:
    """Return Django's settings for a site; `secret` is derived from the site's own key and kept nowhere."""
    return {
        "DEBUG": False,
        "SECRET_KEY": secret,
        "ALLOWED_HOSTS": allowed_hosts(settings),
        "ROOT_URLCONF": "mailchimpsync.web.urls",
        "INSTALLED_APPS": ["django.contrib.staticfiles", "ninja", "mailchimpsync.web"],
        "MIDDLEWARE": [
            "mailchimpsync.web.middleware.add_headers",
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "mailchimpsync.web.middleware.RequestChecks",
            "whitenoise.middleware.WhiteNoiseMiddleware",
        ],
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        "STATIC_URL": "static/",
        "WHITENOISE_USE_FINDERS": True,
        "DATABASES": {},
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": _COUNTERS},
            }
        },
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "LOGGING_CONFIG": None,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": MAX_BODY_BYTES,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 1_000,
        "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.MemoryFileUploadHandler"],
        **_transport(settings),
    }


def allowed_hosts(settings: Settings) -> list[str]:
    """Return the names by which callers may address us: those of `public_url` and `listen`, and this machine's own."""
    public = urlsplit(settings.public_url or "").hostname or ""
    listening = settings.listen.rpartition(":")[0]
    return sorted({"localhost", "127.0.0.1", "[::1]", public, listening} - _WILDCARDS)


def configure(settings: Settings, secret: str) -> None:
    """Set up Django for a site. A process serves one site; a second one takes the place of the first.

    Django's own log is silenced: it writes addresses and what exceptions say, which may be somebody's. What goes wrong
    is logged by `answers.unexpected`.
    """
    logging.getLogger("django").setLevel(logging.CRITICAL + 1)
    values = make_settings(settings, secret)
    if not django_settings.configured:
        django_settings.configure(**values)
    for name, value in values.items():
        setattr(django_settings, name, value)
    django.setup()


def _transport(settings: Settings) -> dict[str, Any]:
    """HTTPS ends at a proxy: its word on it is believed if there is one, and browsers are told to stay with it.

    A path in `public_url` is the proxy's business: it takes it away from what it hands on, and we put it before links.
    """
    public = urlsplit(settings.public_url or "")
    is_https = public.scheme == "https"
    return {
        "FORCE_SCRIPT_NAME": public.path.rstrip("/") or None,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if settings.trusted_proxies else None,
        "SECURE_HSTS_SECONDS": _ONE_YEAR_SECONDS if is_https else 0,
        "SECURE_REFERRER_POLICY": "no-referrer",
        "X_FRAME_OPTIONS": "DENY",
    }
