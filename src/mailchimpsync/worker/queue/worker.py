"""The process of a worker: procrastinate takes jobs from the queue, and threads do them."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Timer

from procrastinate import App
from procrastinate.exceptions import ConnectorException

from mailchimpsync.actions import Fleet
from mailchimpsync.actions.fleet.jobs import LATER, LONG, NOW
from mailchimpsync.actions.fleet.queue import Queue
from mailchimpsync.errors import Code, StoreError
from mailchimpsync.runtime import Runtime
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.metrics import Metrics
from mailchimpsync.worker.queue.app import STALLED_AFTER_SECONDS, Connector, make_app
from mailchimpsync.worker.queue.monitoring import QueueCollector, serve_monitoring
from mailchimpsync.worker.queue.runner import Runner
from mailchimpsync.worker.queue.sites import OPEN_MAX, OpenSites
from mailchimpsync.worker.reporting import log_failure

LONG_SHARE = 4
"""One thread of so many is for long work, and at least one."""

POLL_SECONDS = 1.0
"""How often a worker looks for jobs whose time has come; nothing wakes it for them."""

NEVER_SECONDS = 86_400.0
RESTART_SECONDS = 5.0
"""How long a worker waits before it takes jobs again, after the database couldn't be reached."""

GRACE_SECONDS = 8.0
"""How long a stop waits for work in progress. What isn't done by then is given to others, as after a kill."""

QUEUE_CONNECTIONS = 4


@dataclass(frozen=True)
class WorkerOptions:
    """How a worker works.

    Attributes:
        concurrency: the number of threads.
        listen: address and port for monitoring; None: nothing listens.
        sites_open: how many sites stay open.
    """

    concurrency: int
    listen: str | None = None
    sites_open: int = OPEN_MAX

    @property
    def long(self) -> int:
        """Return how many threads are for long work."""
        return max(1, self.concurrency // LONG_SHARE)

    @property
    def quick(self) -> int:
        """Return how many threads are for everything else."""
        return max(1, self.concurrency - self.long)


def run_worker(open_fleet: Callable[[Runtime], Fleet], options: WorkerOptions) -> None:
    """Work until the process is told to stop. Logs must be set up.

    Raises:
        ConfigurationError, StoreError: the fleet can't be opened.
        OSError: nothing can listen at the address for monitoring.
    """
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # its messages have the jobs' words; ours say it all
    stop, metrics = Event(), Metrics()
    with ExitStack() as stack:
        fleet = stack.enter_context(open_fleet(Runtime(sleep=lambda seconds: _wait(stop, seconds), observer=metrics)))
        worker = _Worker(fleet, options, stop, metrics)
        if options.listen is not None:
            metrics.registry.register(QueueCollector(fleet.store))
            server = serve_monitoring(options.listen, metrics, worker.is_alive)
            stack.callback(server.server_close)
        logger().info("worker.begins", threads=options.concurrency, listen=options.listen)
        asyncio.run(worker.work())
    logger().info("worker.ends")


def _wait(stop: Event, seconds: float) -> None:
    stop.wait(seconds)


class _Worker:
    def __init__(self, fleet: Fleet, options: WorkerOptions, stop: Event, metrics: Metrics) -> None:
        self._fleet, self._options, self._stop = fleet, options, stop
        self._woken = asyncio.Event()
        self._works = False
        queue, sites = Queue(fleet.store), OpenSites(fleet, options.sites_open)
        self._runner = Runner(fleet, sites, queue, metrics, stop.is_set)

    def is_alive(self) -> bool:
        """Return whether it takes jobs."""
        return self._works

    async def work(self) -> None:
        """Take jobs until a signal comes; if the database can't be reached, again and again."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(self._options.quick + self._options.long + 1))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(number, self._end)
        while not self._stop.is_set():
            try:
                await self._take_jobs()
            except (ConnectorException, OSError) as error:
                unavailable = StoreError(Code.STORE_UNAVAILABLE, "The queue can't be used.", detail=str(error))
                log_failure("worker.interrupted", unavailable, again_in_seconds=RESTART_SECONDS)
            self._works = False
            if not self._stop.is_set():
                await self._rest()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), RESTART_SECONDS)
        except TimeoutError:
            return

    def _end(self) -> None:
        """Let work in progress end at its next step; a process that doesn't get there in time is ended anyway."""
        self._stop.set()
        self._woken.set()
        timer = Timer(GRACE_SECONDS, os._exit, (0,))
        timer.daemon = True
        timer.start()

    async def _take_jobs(self) -> None:
        app = make_app(Connector(self._fleet.database_url, connections=QUEUE_CONNECTIONS), self._runner.run)
        async with app.open_async():
            both = [
                asyncio.create_task(self._take(app, (NOW, LATER), self._options.quick, listens=True)),
                asyncio.create_task(self._take(app, (LONG,), self._options.long, listens=False)),
            ]
            woken = asyncio.create_task(self._woken.wait())
            self._works = True
            done, _ = await asyncio.wait([*both, woken], return_when=asyncio.FIRST_COMPLETED)
            for task in (*both, woken):
                task.cancel()
            await asyncio.gather(*both, woken, return_exceptions=True)
        for task in done - {woken}:
            task.result()

    async def _take(self, app: App, queues: tuple[str, ...], threads: int, *, listens: bool) -> None:
        await app.run_worker_async(
            queues=list(queues),
            concurrency=threads,
            listen_notify=listens,
            fetch_job_polling_interval=POLL_SECONDS,
            abort_job_polling_interval=NEVER_SECONDS,
            stalled_worker_timeout=STALLED_AFTER_SECONDS * 10,
            delete_jobs="always",
            install_signal_handlers=False,
        )
