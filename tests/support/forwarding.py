"""A URL that forwards to a replaceable stand-in, so that a site that has the URL can be copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mailchimpsync_sandbox.kit.server import Served

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ForwardingApp:
    """Forwards to the application `behind` it; `url` has no trailing slash."""

    def __init__(self) -> None:
        self.behind: WSGIApplication | None = None
        self.url = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self.behind is not None, "no application to forward to"
        return self.behind(environ, start_response)


@contextmanager
def two_forwarding_apps() -> Iterator[tuple[ForwardingApp, ForwardingApp]]:
    """Open one for Mailchimp and one for CiviCRM."""
    forwarding_apps = ForwardingApp(), ForwardingApp()
    with Served(forwarding_apps[0]) as one, Served(forwarding_apps[1]) as other:
        forwarding_apps[0].url, forwarding_apps[1].url = one.url, other.url
        yield forwarding_apps
