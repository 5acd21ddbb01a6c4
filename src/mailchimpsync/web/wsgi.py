"""The service as a WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.core.wsgi import get_wsgi_application

from mailchimpsync.actions import Site
from mailchimpsync.web.limits import Limits
from mailchimpsync.web.served import secret_of
from mailchimpsync.web.service import ENVIRON_KEY, Service
from mailchimpsync.web.settings import configure, prepare_database
from mailchimpsync.web.tables import bring_up

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication


def set_up(site: Site) -> None:
    """Set up Django for a site, and make the tables for its users."""
    configure(site.settings, secret_of(site.keyring))
    if site.settings.fleet:
        bring_up(site.store)
    else:
        prepare_database(site.settings)


def make_application(
    site: Site,
    *,
    metrics: Callable[[], tuple[bytes, str]] | None = None,
    is_alive: Callable[[], bool] | None = None,
    stop: Callable[[], bool] | None = None,
    limits: Limits | None = None,
) -> WSGIApplication:
    """Return what a WSGI server calls, from as many threads as it likes; the caller closes the site afterwards.

    A call of an action may keep a thread for as long as a run takes, and `limits.calls_at_once` of them may be at work,
    so the server needs more threads than that: those beyond are for webhooks and health.

    Args:
        site: an open site.
        metrics: returns the text and the content type of `/metrics`; without it there are none.
        is_alive: says whether the worker is at work, for `/ready`.
        stop: says whether the process is about to end, so that runs started over HTTP stop at their next step.
        limits: other limits than the usual ones.
    """
    set_up(site)
    service = Service(site.for_another_thread(), limits or Limits(), metrics, is_alive, stop)
    django = get_wsgi_application()

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        return django({**environ, ENVIRON_KEY: service}, start_response)

    return application
