"""What of Django belongs to the site that a thread serves: its tables, the key that signs, and the keys of the cache.

Django has one of each in a process. In a fleet none of them can be used while no site is served: a query, a signature
or an entry of the cache that is not somebody's fails. A home is the only site of its process, so nothing is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import NamedTuple, ParamSpec

from django.conf import settings
from django.urls import get_script_prefix, set_script_prefix, set_urlconf

from mailchimpsync.actions import Site
from mailchimpsync.config import Keyring
from mailchimpsync.store.engine.dialect import Namespace

P = ParamSpec("P")

_KEY_PURPOSE = "web"


class Served(NamedTuple):
    """The site that is served: where its tables are, what signs its sessions and links, and who else may be there."""

    namespace: Namespace
    secret: str = ""
    role_of_operator: Callable[[str], str | None] | None = None


_served: ContextVar[Served | None] = ContextVar("served", default=None)


class NoSiteError(RuntimeError):
    """In a fleet, something of Django's was used while no site was served."""


@contextmanager
def serving(namespace: Namespace | None, secret: str = "") -> Iterator[None]:
    """Serve a site in this thread within the context; without a namespace, that of a home."""
    before = _served.set(Served(namespace, secret) if namespace is not None else None)
    try:
        yield
    finally:
        _served.reset(before)


def serve_from_now_on(served: Served) -> None:
    """Serve a site in the current context, for as long as there is that context."""
    _served.set(served)


@contextmanager
def serving_at(site: Site) -> Iterator[None]:
    """Serve a site within the context, so that addresses are those at which a fleet's web service has it."""
    if not site.settings.fleet:
        yield
        return
    with serving(site.store.namespace, secret_of(site.keyring)), addresses_below(site.settings.public_path):
        yield


@contextmanager
def addresses_below(prefix: str, urlconf: str | None = None) -> Iterator[None]:
    """Let `reverse` return addresses below a path within the context."""
    before = get_script_prefix()
    set_script_prefix(f"{prefix}/")
    set_urlconf(urlconf)
    try:
        yield
    finally:
        set_script_prefix(before)
        set_urlconf(None)


def keep_served(function: Callable[P, None]) -> Callable[P, None]:
    """Return a function for another thread, which serves there the site that is served now."""
    served = _served.get()

    @wraps(function)
    def call(*args: P.args, **named: P.kwargs) -> None:
        _served.set(served)
        function(*args, **named)

    return call


def secret_of(keyring: Keyring) -> str:
    """Return what signs sessions and links; it is kept nowhere."""
    return keyring.derive(_KEY_PURPOSE)


def served_namespace() -> Namespace | None:
    """Return the namespace of the site that is served; None: none is."""
    found = _served.get()
    return found.namespace if found is not None else None


def signing_key() -> str:
    """Return what signs the sessions and links of the site that is served.

    Raises:
        ImproperlyConfigured: none is.
    """
    found = _served.get()
    return found.secret if found is not None else settings.SECRET_KEY


def role_of_operator(name: str) -> str | None:
    """Return the role that an operator of the fleet has at the site that is served; None: it is no operator."""
    found = _served.get()
    return found.role_of_operator(name) if found is not None and found.role_of_operator is not None else None


def cache_key(key: str, _prefix: str, version: int) -> str:
    """Return the key of an entry of the cache, which belongs to one site of a fleet.

    Raises:
        NoSiteError: none is served.
    """
    namespace = served_namespace()
    if namespace is None:
        raise NoSiteError("no site is being served, so the cache has no entries")
    return f"{namespace.schema}:{version}:{key}"
