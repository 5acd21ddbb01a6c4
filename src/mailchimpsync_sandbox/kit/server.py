"""Serves a stand-in over real HTTP on the loopback address."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (the name is werkzeug's)
        """Say nothing: a stand-in keeps its own log."""


def make(app: WSGIApplication, port: int = 0) -> BaseWSGIServer:
    """Bind to 127.0.0.1; port 0 takes a free one."""
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)


class Served:
    """A stand-in served from a thread, as a context manager; `url` has no slash at its end."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._server = make(app, port)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopping = threading.Thread(target=self._server.shutdown)
        stopping.start()
        with suppress(OSError):  # it wakes up for connections, else twice a second
            socket.create_connection(("127.0.0.1", self._server.server_port), timeout=1).close()
        stopping.join()
        self._thread.join(timeout=5)
        self._server.server_close()
