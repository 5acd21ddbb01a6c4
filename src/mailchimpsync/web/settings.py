"""Django's settings. They are made from the site's own settings; there is no settings module and no file."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings as django_settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections

from mailchimpsync.config import Settings
from mailchimpsync.config.settings import site_path
from mailchimpsync.web.database import database_lock, django_database

MAX_BODY_BYTES = 2_500_000
"""Largest request body: about ten times the configuration of a large site."""

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What pages may load: only files from here, nothing inline, nothing from other sites; never in a frame."""

LANGUAGES = (("en-gb", "English (UK)"), ("en-us", "English (US)"), ("de", "Deutsch"))
"""The first English is for browsers that ask for neither of the two."""

_ONE_YEAR_SECONDS = 31_536_000
_SIGNED_IN_SECONDS = 12 * 3_600
_LOCKED_OUT = timedelta(minutes=15)
_FAILURES = 5
_PASSWORD_CHARS = 12
_LINK_SECONDS = 3 * 86_400
_COUNTERS = 20_000
_WILDCARDS = {"0.0.0.0", "[::]", ""}  # noqa: S104 (not bound to, but left out)


def make_settings(settings: Settings, secret: str) -> dict[str, Any]:
    """Return Django's settings for a site; `secret` is derived from the site's own key and kept nowhere.

    In a fleet no setting is one site's: see `served.py` for what signs, and `middleware.py` for cookies.
    """
    return {
        "DEBUG": False,
        "SECRET_KEY": secret if not settings.fleet else "",
        "ALLOWED_HOSTS": allowed_hosts(settings),
        "ROOT_URLCONF": "mailchimpsync.web.urls",
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "django_htmx",
            "axes",
            "ninja",
            "mailchimpsync.web",
        ],
        "MIDDLEWARE": _middleware(settings),
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.template.context_processors.i18n",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        "WHITENOISE_USE_FINDERS": True,
        "DATABASES": {"default": django_database(settings)},
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                **({"KEY_FUNCTION": "mailchimpsync.web.served.cache_key"} if settings.fleet else {}),
                "OPTIONS": {"MAX_ENTRIES": _COUNTERS},
            }
        },
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": True,
        "LANGUAGES": LANGUAGES,
        "LANGUAGE_CODE": "en-gb",
        "FORMAT_MODULE_PATH": "mailchimpsync.web.formats",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        "LOGGING_CONFIG": None,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": MAX_BODY_BYTES,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 1_000,
        "FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.MemoryFileUploadHandler"],
        **_signing_in(settings),
        **_transport(settings),
        **(_transport_of_fleet(settings) if settings.fleet else {}),
    }


def _middleware(settings: Settings) -> list[str]:
    return [
        *(["mailchimpsync.web.middleware.keep_cookies_in_place"] if settings.fleet else []),
        *(["mailchimpsync.web.middleware.use_addresses_of_fleet"] if settings.fleet else []),
        "mailchimpsync.web.api.civicrm_paths.rewrite_civicrm_paths",
        "mailchimpsync.web.middleware.add_headers",
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "mailchimpsync.web.middleware.RequestChecks",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "mailchimpsync.web.middleware.use_readers_time_zone",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        *(["mailchimpsync.web.sign_in.HeaderSignIn"] if settings.sign_in_header else []),
        "django.contrib.messages.middleware.MessageMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
        "axes.middleware.AxesMiddleware",
    ]


def allowed_hosts(settings: Settings) -> list[str]:
    """Return the host names that requests may use: those of `public_url` and `listen`, and this machine's own."""
    public = urlsplit(settings.public_url or "").hostname or ""
    listening = settings.listen.rpartition(":")[0]
    return sorted({"localhost", "127.0.0.1", "[::1]", public, listening} - _WILDCARDS)


def configure(settings: Settings, secret: str) -> None:
    """Set up Django for a site. A process serves one site; a second one replaces the first.

    Django's own log is silenced: it writes addresses and exception messages, which may be personal data.
    `responses.unexpected` logs unexpected errors.
    """
    for name in ("django", "axes"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    values = make_settings(settings, secret)
    if not django_settings.configured:
        django_settings.configure(**values)
    for name, value in values.items():
        setattr(django_settings, name, value)
    django.setup()
    for connection in connections.all(initialized_only=True):
        connection.close()
        del connections[connection.alias]
    connections.settings = connections.configure_settings(None)
    for cache in caches.all(initialized_only=True):
        cache.clear()
    for name in values["CACHES"]:
        with suppress(AttributeError):  # it was not used yet
            del caches[name]
    caches.settings = caches.configure_settings(None)


def prepare_database(settings: Settings) -> None:
    """Create or migrate the tables for users and sessions; call `configure` first.

    Several services may start on one database at the same time: one of them migrates, the others wait.
    """
    with database_lock(settings):
        migrate_tables()


def migrate_tables() -> None:
    """Carry out Django's migrations; call `prepare_database` instead, unless nobody else can be doing so."""
    call_command("migrate", interactive=False, verbosity=0)


def _signing_in(settings: Settings) -> dict[str, Any]:
    """Accounts: by passwords, whose hashing, sessions and throttling are Django's and django-axes', or by a proxy."""
    by_header = ["mailchimpsync.web.sign_in.HeaderBackend"] if settings.sign_in_header else []
    return {
        "AUTH_USER_MODEL": "web.User",
        "AUTHENTICATION_BACKENDS": [
            "axes.backends.AxesBackend",
            *by_header,
            *(["mailchimpsync.web.sign_in.OperatorBackend"] if settings.fleet else []),
            "django.contrib.auth.backends.ModelBackend",
        ],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": _PASSWORD_CHARS},
            },
            {
                "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
                "OPTIONS": {"user_attributes": ("name",)},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        ],
        "LOGIN_URL": "sign-in",
        "LOGIN_REDIRECT_URL": "overview",
        "LOGOUT_REDIRECT_URL": "sign-in",
        "PASSWORD_RESET_TIMEOUT": _LINK_SECONDS,
        "SESSION_ENGINE": "mailchimpsync.web.sessions",
        "SESSION_COOKIE_NAME": "mailchimpsync_session",
        "SESSION_COOKIE_AGE": _SIGNED_IN_SECONDS,
        "CSRF_COOKIE_NAME": "mailchimpsync_csrf",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_FAILURE_VIEW": "mailchimpsync.web.sign_in.stale_form",
        "LANGUAGE_COOKIE_NAME": "mailchimpsync_language",
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "AXES_USERNAME_FORM_FIELD": "username",
        "AXES_FAILURE_LIMIT": _FAILURES,
        "AXES_COOLOFF_TIME": _LOCKED_OUT,
        "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
        "AXES_CLIENT_IP_CALLABLE": "mailchimpsync.web.authentication.caller",
        "AXES_LOCKOUT_CALLABLE": "mailchimpsync.web.sign_in.locked_out",
        "AXES_DISABLE_ACCESS_LOG": True,
        "AXES_RESET_ON_SUCCESS": True,
        "AXES_VERBOSE": False,
    }


def _transport(settings: Settings) -> dict[str, Any]:
    """HTTPS ends at a proxy: its header is trusted if there is a proxy, and browsers are told to keep using HTTPS.

    The proxy removes a path in `public_url` from requests, and links get it back here.
    """
    public = urlsplit(settings.public_url or "")
    is_https = public.scheme == "https"
    return {
        "SESSION_COOKIE_SECURE": is_https,
        "CSRF_COOKIE_SECURE": is_https,
        "CSRF_TRUSTED_ORIGINS": [f"https://{public.netloc}"] if is_https else [],
        "SESSION_COOKIE_PATH": settings.public_path or "/",
        "CSRF_COOKIE_PATH": settings.public_path or "/",
        "FORCE_SCRIPT_NAME": settings.public_path or None,
        "STATIC_URL": "static/",
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if settings.trusted_proxies else None,
        "SECURE_HSTS_SECONDS": _ONE_YEAR_SECONDS if is_https else 0,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
    }


def _transport_of_fleet(settings: Settings) -> dict[str, Any]:
    """Replace what would be one site's: the front application has checked the host, and says what the path is below.

    Static files are the same for all, so browsers load them once.
    """
    return {
        "ALLOWED_HOSTS": ["*"],
        "CSRF_TRUSTED_ORIGINS": [],
        "FORCE_SCRIPT_NAME": None,
        "STATIC_URL": f"{_path_of_fleet(settings)}/static/",
        "WHITENOISE_STATIC_PREFIX": "/static/",
    }


def _path_of_fleet(settings: Settings) -> str:
    """Return the path below which the fleet is reached, from its settings or from those of one of its sites."""
    return settings.public_path.removesuffix(site_path(settings.site)) if settings.site else settings.public_path
