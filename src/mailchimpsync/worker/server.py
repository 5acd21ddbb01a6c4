"""The server: one gunicorn worker process that handles HTTP in threads and, for a home, runs the background loops.

The arbiter only starts this process, and starts it again if it dies.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from mailchimpsync.actions import Fleet, Site
from mailchimpsync.runtime import Runtime
from mailchimpsync.worker.access_log import NOTES_KEY, AccessLogger
from mailchimpsync.worker.bounded_reading import BoundedWorker
from mailchimpsync.worker.fleet_metrics import SitesCollector
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.metrics import CONTENT_TYPE, Metrics
from mailchimpsync.worker.threads import Background

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

THREADS = 16
GRACEFUL_SECONDS = 8
"""How long a stop waits for requests and runs in progress before the process is killed."""

HEARTBEAT_SECONDS = 60
KEEPALIVE_SECONDS = 15
"""Longer than a proxy takes between two webhooks of a burst."""


def _nothing() -> None:
    return None


MakeApplication = Callable[..., "WSGIApplication"]


@dataclass(frozen=True)
class Service:
    """What to serve.

    Attributes:
        open_site: opens the site; called in the worker process, after the fork.
        make_application: `web.wsgi.make_application`.
        listen: address and port.
        with_schedule: whether connections are synced by their schedules.
        when_listening: called once, when the service accepts connections.
    """

    open_site: Callable[[Runtime], Site]
    make_application: MakeApplication
    listen: str
    with_schedule: bool = True
    when_listening: Callable[[], None] = _nothing


@dataclass(frozen=True)
class FleetService:
    """A fleet to serve; its workers do the work.

    Attributes:
        open_fleet: opens the fleet; called in the worker process, after the fork.
        make_application: `web.fleet.front.make_fleet_application`.
        listen: address and port.
        when_listening: called once, when the service accepts connections.
    """

    open_fleet: Callable[[Runtime], Fleet]
    make_application: MakeApplication
    listen: str
    when_listening: Callable[[], None] = _nothing


def serve(service: Service) -> None:
    """Serve until the process is stopped. Logs must be set up. Raises SystemExit at the end."""
    _SiteServer(service).run()


def serve_fleet(service: FleetService) -> None:
    """Serve all sites of a fleet until the process is stopped, as `serve`."""
    _FleetServer(service).run()


class _Server(BaseApplication):
    """gunicorn, configured in code instead of on its command line."""

    def __init__(self, listen: str, when_listening: Callable[[], None]) -> None:
        self._listen, self._when_listening = listen, when_listening
        self._stop = Event()
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's settings."""
        values = {
            "bind": self._listen,
            "workers": 1,
            "worker_class": BoundedWorker,
            "threads": THREADS,
            "timeout": HEARTBEAT_SECONDS,
            "graceful_timeout": GRACEFUL_SECONDS,
            "keepalive": KEEPALIVE_SECONDS,
            "logger_class": AccessLogger,
            "proc_name": "mailchimpsync",
            "control_socket_disable": True,
            "when_ready": lambda _arbiter: self._when_listening(),
            "post_worker_init": self._start_worker,
            "worker_exit": self._end_worker,
        }
        for name, value in values.items():
            if name in self.cfg.settings:  # the control socket doesn't exist in every version
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Create the application in the worker process."""
        metrics = Metrics()
        return _with_notes(self._open(Runtime(sleep=self._sleep, observer=metrics), metrics))

    def _open(self, runtime: Runtime, metrics: Metrics) -> WSGIApplication:
        raise NotImplementedError

    def _begin(self) -> None:
        """Begin what goes on beside the requests."""

    def _end(self) -> None:
        """End it, and close everything."""

    def _sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _start_worker(self, _worker: object) -> None:
        """Start the loops after the worker has set its signal handlers, so that theirs come first."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            self._stop_background_first(number)
        self._begin()

    def _stop_background_first(self, number: signal.Signals) -> None:
        """Stop the runs at once: gunicorn calls its hook only after the last request has been answered."""
        before = signal.getsignal(number)

        def handle(received: int, frame: FrameType | None) -> None:
            if not self._stop.is_set():
                self._stop.set()
            if callable(before):
                before(received, frame)

        signal.signal(number, handle)

    def _end_worker(self, _arbiter: object, _worker: object) -> None:
        """End everything. Also called in the arbiter, which has nothing open, when the worker died."""
        self._end()


class _SiteServer(_Server):
    """One site, with the background loops that do its work."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._site: Site | None = None
        self._background: Background | None = None
        super().__init__(service.listen, service.when_listening)

    def _open(self, runtime: Runtime, metrics: Metrics) -> WSGIApplication:
        self._site = self._service.open_site(runtime)
        metrics.watch(self._site.for_another_thread())
        self._background = Background(self._site, metrics, self._stop, with_schedule=self._service.with_schedule)
        return self._service.make_application(
            self._site,
            metrics=lambda: (metrics.text(), CONTENT_TYPE),
            is_alive=self._background.is_alive,
            stop=self._stop.is_set,
        )

    def _begin(self) -> None:
        if self._background is not None:
            self._background.start()
            logger().info("service.begins", listen=self._listen, with_schedule=self._service.with_schedule)

    def _end(self) -> None:
        if self._background is None or self._site is None:
            return
        self._background.end()
        self._site.close()
        logger().info("service.ends")


class _FleetServer(_Server):
    """All sites of a fleet. The work is done by workers, see `worker/queue/`."""

    def __init__(self, service: FleetService) -> None:
        self._service = service
        self._fleet: Fleet | None = None
        super().__init__(service.listen, service.when_listening)

    def _open(self, runtime: Runtime, metrics: Metrics) -> WSGIApplication:
        self._fleet = self._service.open_fleet(runtime)
        from mailchimpsync.worker.queue.monitoring import QueueCollector  # noqa: PLC0415 (a home has no queue)

        for collector in (QueueCollector(self._fleet.store), SitesCollector(self._fleet)):
            metrics.registry.register(collector)
        return self._service.make_application(
            self._fleet, metrics=lambda: (metrics.text(), CONTENT_TYPE), stop=self._stop.is_set
        )

    def _begin(self) -> None:
        logger().info("service.begins", listen=self._listen, with_schedule=False)

    def _end(self) -> None:
        if self._fleet is not None:
            self._fleet.close()
            logger().info("service.ends")


def _with_notes(application: WSGIApplication) -> WSGIApplication:
    """Give each request a dict in which the application records the caller, for the access log."""

    def with_notes(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        environ[NOTES_KEY] = {}
        return application(environ, start_response)

    return with_notes
