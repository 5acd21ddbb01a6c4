"""The front of a fleet's web service: finds the site of a request, and serves it with what is that site's alone.

A site is found by its host name, or by its name in the path. That part of the path is moved to where WSGI has the path
of an application, so that addresses and cookies of the site are below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from django.core.wsgi import get_wsgi_application

from mailchimpsync.actions import Fleet
from mailchimpsync.config.settings import SITE_NAME, site_path
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store.fleet.roles import FLEET
from mailchimpsync.web import tables
from mailchimpsync.web.fleet.services import FLEET_URLCONF, FleetService
from mailchimpsync.web.limits import Limits
from mailchimpsync.web.middleware import PROBES
from mailchimpsync.web.responses import UNAVAILABLE
from mailchimpsync.web.served import NoSiteError, Served, addresses_below, secret_of, serve_from_now_on, serving
from mailchimpsync.web.service import ENVIRON_KEY, Door
from mailchimpsync.web.settings import allowed_hosts, configure
from mailchimpsync.worker.reporting import log_failure

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

FLEET_PATH = "/fleet"
_SITE = re.compile(rf"/s/({SITE_NAME})(/.*)", re.DOTALL)
_BARE_SITE = re.compile(rf"/s/{SITE_NAME}|{FLEET_PATH}|/?")
_STATIC = "/static/"
_NOT_FOUND = "404 Not Found", b"Not found\n"
_UNAVAILABLE = (
    f"{UNAVAILABLE} Service Unavailable",
    b"This site can't be reached at the moment. Try again in a minute.\n",
)


class _Found(NamedTuple):
    """What a request is for, and where: `script` is the path that addresses are below, `path` what comes after it."""

    door: Door
    served: Served
    public_url: str | None
    script: str
    path: str


def make_fleet_application(
    fleet: Fleet,
    *,
    metrics: Callable[[], tuple[bytes, str]] | None = None,
    stop: Callable[[], bool] | None = None,
    limits: Limits | None = None,
    kept_max: int | None = None,
) -> WSGIApplication:
    """Return what a WSGI server calls, from as many threads as it likes; the caller closes the fleet afterwards.

    Args:
        fleet: an open fleet.
        metrics: returns the text and the content type of `/metrics`; without it there are none.
        stop: says whether the process is about to end, so that runs started over HTTP stop at their next step.
        limits: other limits than the usual ones; each site has its own counts.
        kept_max: how many sites are kept open.
    """
    set_up_fleet(fleet)
    service = FleetService(fleet, limits or Limits(), metrics, stop=stop)
    if kept_max is not None:
        service.kept_max = kept_max
    return _Front(service)


def set_up_fleet(fleet: Fleet) -> None:
    """Set up Django for a fleet, and make the tables for the users who operate it."""
    configure(fleet.settings, "")
    fleet.more_tables = tables
    tables.bring_up(fleet.store)


@contextmanager
def serving_fleet(fleet: Fleet) -> Iterator[None]:
    """Let Django be that of the fleet's own pages within the context, as for a command."""
    with (
        serving(FLEET, secret_of(fleet.keyring)),
        addresses_below(f"{fleet.settings.public_path}{FLEET_PATH}", FLEET_URLCONF),
    ):
        yield


class _Front:
    def __init__(self, service: FleetService) -> None:
        self._service = service
        self._hosts = {host.strip("[]").lower() for host in allowed_hosts(service.settings)}
        self._django = get_wsgi_application()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            found = self._find(environ)
        except MailchimpsyncError as error:
            log_failure("site.unavailable", error)
            return _plain(start_response, *_UNAVAILABLE)
        if isinstance(found, str):
            return _redirected(start_response, found)
        if found is None:
            return _plain(start_response, *_NOT_FOUND)
        context = copy_context()
        return _InContext(context, context.run(self._serve, found, _below(environ, found), start_response))

    def _serve(self, found: _Found, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        serve_from_now_on(found.served)
        return self._django(environ, start_response)

    def _find(self, environ: dict[str, Any]) -> _Found | str | None:
        """Return what a request is for, or the path to go on to; None: nothing that exists."""
        path, host = str(environ.get("PATH_INFO", "")), _host_of(environ)
        root = self._service.settings.public_path
        if path in PROBES:
            return self._fleet("", path)
        return self._own_host(host, path, root) if host not in self._hosts else self._by_path(path, root)

    def _by_path(self, path: str, root: str) -> _Found | str | None:
        if path.startswith(_STATIC):
            return self._fleet(root, path)
        if path.startswith(f"{FLEET_PATH}/"):
            return self._fleet(f"{root}{FLEET_PATH}", path.removeprefix(FLEET_PATH))
        if (match := _SITE.fullmatch(path)) is not None:
            return self._site(match[1], f"{root}{site_path(match[1])}", match[2])
        if _BARE_SITE.fullmatch(path) is not None:
            return f"{root}{path if path not in {'', '/'} else FLEET_PATH}/"
        return None

    def _own_host(self, host: str, path: str, root: str) -> _Found | None:
        name = self._service.name_at(host)
        if root and path.startswith(f"{root}{_STATIC}"):
            path = path.removeprefix(root)
        return self._site(name, "", path) if name is not None else None

    def _fleet(self, script: str, path: str) -> _Found:
        fleet = self._service.fleet
        served = Served(FLEET, secret_of(fleet.keyring))
        return _Found(self._service, served, fleet.settings.public_url, script, path)

    def _site(self, name: str, script: str, path: str) -> _Found | None:
        service = self._service.service_of(name)
        if service is None:
            return None
        site = service.site
        if site.store.namespace is None:
            raise NoSiteError(name)
        served = Served(site.store.namespace, secret_of(site.keyring), self._service.role_of)
        return _Found(service, served, site.settings.public_url, script, path or "/")


def _host_of(environ: dict[str, Any]) -> str:
    """Return the host name that a request asks for, without its port."""
    try:
        return urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
    except ValueError:
        return ""


def _below(environ: dict[str, Any], found: _Found) -> dict[str, Any]:
    """Return a request's environment as the site should see it: below its own path, by the scheme of its address."""
    scheme = "https" if (found.public_url or "").startswith("https:") else environ.get("wsgi.url_scheme", "http")
    return {
        **environ,
        ENVIRON_KEY: found.door,
        "SCRIPT_NAME": found.script,
        "PATH_INFO": found.path,
        "wsgi.url_scheme": scheme,
    }


def _plain(start_response: StartResponse, status: str, body: bytes) -> list[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, [*headers, ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")])
    return [body]


def _redirected(start_response: StartResponse, path: str) -> list[bytes]:
    start_response("302 Found", [("Location", path), ("Content-Length", "0"), ("Cache-Control", "no-store")])
    return []


class _InContext:
    """A response whose parts are made, and which is closed, in the context in which it was begun."""

    def __init__(self, context: Context, answer: Iterable[bytes]) -> None:
        self._context, self._answer = context, answer

    def __iter__(self) -> Iterator[bytes]:
        parts = self._context.run(iter, self._answer)
        while (part := self._context.run(next, parts, None)) is not None:
            yield part

    def close(self) -> None:
        """Close the response, and with it the site's connection to the database."""
        if (close := getattr(self._answer, "close", None)) is not None:
            self._context.run(close)
