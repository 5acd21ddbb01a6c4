"""A transport to a stand-in in the same process, with hooks to interfere."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from mailchimpsync_sandbox.kit.app import ConnectionDroppedError, SandboxApp

Interference = Callable[[httpx2.Request], None]


def no_interference(_request: httpx2.Request) -> None:
    """Don't interfere."""


def unchanged(_request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    """Return an answer unchanged."""
    return response


class SandboxTransport(httpx2.BaseTransport):
    """Calls a stand-in; `before` and `after` see each request, and may change the world or raise.

    `answer` may replace the stand-in's answer. `watch` sees each request first, and changes nothing.
    """

    def __init__(self, app: SandboxApp) -> None:
        self._inner: httpx2.BaseTransport = httpx2.WSGITransport(app)
        self.watch: Interference = no_interference
        self.before: Interference = no_interference
        self.after: Interference = no_interference
        self.answer: Callable[[httpx2.Request, httpx2.Response], httpx2.Response] = unchanged

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.watch(request)
        self.before(request)
        try:
            response = self._inner.handle_request(request)
        except ConnectionDroppedError as error:
            raise httpx2.RemoteProtocolError("the server closed the connection", request=request) from error
        self.after(request)
        return self.answer(request, response)
