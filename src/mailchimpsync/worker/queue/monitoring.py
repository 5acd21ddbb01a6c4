"""What monitoring asks a worker: whether it is alive, and its metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store.fleet.database import FleetStore
from mailchimpsync.store.fleet.queue import queue_figures, workers_alive
from mailchimpsync.worker.metrics import CONTENT_TYPE, Metrics, gauge
from mailchimpsync.worker.queue.app import STALLED_AFTER_SECONDS
from mailchimpsync.worker.reporting import log_failure

REQUEST_SECONDS = 5


class QueueCollector(Collector):
    """Reads the queue at each scrape; if that fails, `mailchimpsync_store_up` is 0."""

    def __init__(self, store: FleetStore) -> None:
        self._store = store

    def describe(self) -> list[Metric]:
        """Return nothing, so that the collector can be registered without a database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the state of the queue."""
        up = gauge("store_up", "Whether the database could be read.")
        try:
            found = self._of_queue()
        except MailchimpsyncError as error:
            log_failure("metrics.failed", error)
            found = []
        up.add_metric([], 1.0 if found else 0.0)
        yield from (up, *found)

    def _of_queue(self) -> list[Metric]:
        with self._store.reading() as tx:
            queues, alive = queue_figures(tx), workers_alive(tx, STALLED_AFTER_SECONDS)
        jobs = gauge("queue_jobs", "Jobs of all workers, by queue and state.", "queue", "state")
        oldest = gauge("queue_oldest_seconds", "How long the job has been due that waits longest.", "queue")
        workers = gauge("workers", "Workers that are alive; a process counts twice.")
        for one in queues:
            for state, number in (("due", one.due), ("later", one.later), ("running", one.running)):
                jobs.add_metric([one.name, state], number)
            oldest.add_metric([one.name], one.oldest_seconds)
        workers.add_metric([], alive)
        return [jobs, oldest, workers]


def serve_monitoring(listen: str, metrics: Metrics, is_alive: Callable[[], bool]) -> ThreadingHTTPServer:
    """Answer `/health` and `/metrics` in a thread, until the server is shut down.

    Raises:
        OSError: nothing can listen there.
    """

    class Handler(_Handler):
        pages: ClassVar[dict[str, Callable[[], tuple[int, str, bytes]]]] = {
            "/health": lambda: _health(is_alive()),
            "/metrics": lambda: (HTTPStatus.OK, CONTENT_TYPE, metrics.text()),
        }

    host, _, port = listen.rpartition(":")
    server = ThreadingHTTPServer((host.strip("[]"), int(port)), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="mailchimpsync-monitoring", daemon=True).start()
    return server


def _health(is_alive: bool) -> tuple[int, str, bytes]:
    if is_alive:
        return HTTPStatus.OK, "text/plain", b"OK"
    return HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"The worker is not at work."


class _Handler(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, Callable[[], tuple[int, str, bytes]]]]
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        page = self.pages.get(self.path.partition("?")[0])
        status, kind, body = page() if page is not None else (HTTPStatus.NOT_FOUND, "text/plain", b"Not found")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_what: object) -> None:
        """Log nothing: monitoring asks every few seconds."""
