"""The base of a stand-in: faults, log and control interface around one handler."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from mailchimpsync_sandbox.kit.clock import SandboxClock
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind, FaultPlan
from mailchimpsync_sandbox.kit.log import LoggedRequest, RequestLog

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HTML_PAGE = "<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Something went wrong</h1></body></html>"

ControlAction = Callable[[dict[str, Any]], Any]


class ConnectionDroppedError(ConnectionResetError):
    """Raised to break off a connection: over a socket the server swallows it, in process the caller gets it."""


class SandboxApp:
    """A WSGI application with a control interface.

    `POST /_control/<action>` with a JSON object calls a control action and answers with its result as JSON;
    the actions every stand-in has: `clock` (`freeze`: ISO 8601, `advance`: seconds, `run`: true), `fault` (fields of
    `Fault`), `clear_faults`, `log`, `clear_log`. A stand-in adds its own by `self.control[name] = function`.
    """

    def __init__(self) -> None:
        self.clock = SandboxClock()
        self.faults = FaultPlan()
        self.log = RequestLog()
        self.control: dict[str, ControlAction] = {
            "clock": self._set_clock,
            "fault": lambda values: self.faults.plant(Fault(**values)),
            "clear_faults": lambda _values: self.faults.clear(),
            "log": lambda _values: self.log.as_dict(),
            "clear_log": lambda _values: self.log.clear(),
        }

    def handle(self, request: Request) -> Response:
        """Answer one request; each stand-in implements it."""
        raise NotImplementedError

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        is_control = request.path.startswith("/_control/")
        response = self._answer_control(request) if is_control else self._answer(request)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        started = time.perf_counter()
        fault = self.faults.take(request.method, request.full_path)
        status = 0
        try:
            response = self._with_fault(request, fault) if fault else self.handle(request)
            status = response.status_code
            response.headers.setdefault("Date", http_date(self.clock.now()))
            return response
        finally:
            seconds = time.perf_counter() - started
            kind = fault.kind.value if fault else None
            path, with_cookie = request.full_path.rstrip("?"), "Cookie" in request.headers
            self.log.add(LoggedRequest(request.method, path, status, seconds, kind, with_cookie))

    def _with_fault(self, request: Request, fault: Fault) -> Response:
        match fault.kind:
            case FaultKind.DROP_BEFORE:
                raise _drop(request)
            case FaultKind.DROP_AFTER:
                self.handle(request)
                raise _drop(request)
            case FaultKind.TRUNCATE:
                return _truncated(self.handle(request))
            case FaultKind.HTML:
                return Response(fault.body or HTML_PAGE, status=fault.status, content_type="text/html; charset=utf-8")
            case FaultKind.STATUS_AFTER:
                self.handle(request)
                return Response(fault.body, status=fault.status, content_type=fault.content_type)
            case FaultKind.DELAY:
                time.sleep(fault.seconds)
                return self.handle(request)
            case _:
                return Response(fault.body, status=fault.status, content_type=fault.content_type)

    def _answer_control(self, request: Request) -> Response:
        action = self.control.get(request.path.removeprefix("/_control/"))
        if action is None:
            return _json({"error": "no such control action", "actions": sorted(self.control)}, 404)
        try:
            return _json(action(json.loads(request.get_data() or b"{}")), 200)
        except (ValueError, TypeError, KeyError) as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 400)

    def _set_clock(self, values: dict[str, Any]) -> dict[str, str]:
        if "freeze" in values:
            self.clock.freeze(datetime.fromisoformat(values["freeze"]))
        if "advance" in values:
            self.clock.advance(float(values["advance"]))
        if values.get("run"):
            self.clock.run()
        return {"now": self.clock.now().isoformat()}


def _json(value: object, status: int) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json")


def _drop(request: Request) -> ConnectionDroppedError:
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    return ConnectionDroppedError("the stand-in broke off the connection, as planted")


def _truncated(response: Response) -> Response:
    body = response.get_data()
    cut = Response(body[: len(body) // 2], status=response.status, headers=dict(response.headers))
    cut.headers["Content-Length"] = str(len(body))
    cut.headers["Connection"] = "close"
    return cut
