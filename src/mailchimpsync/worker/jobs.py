"""The port between the service's work and what calls it: threads of a process, or a queue (docs/decisions/jobs.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailchimpsync.actions import Site
from mailchimpsync.config import Link
from mailchimpsync.worker.metrics import Metrics

Stop = Callable[[], bool]


@dataclass(frozen=True)
class Work:
    """What a task is called with.

    Attributes:
        site: with the newest configuration; no other thread uses it.
        stop: says whether to stop, and shows that the work goes on: it is called between two steps.
        metrics: of this process.
        audience: whose connection it is about; None: all connections of the site.
    """

    site: Site
    stop: Stop
    metrics: Metrics
    audience: str | None = None

    def links(self) -> list[Link]:
        """Return the connections it is about."""
        links = self.site.configuration.connections
        return [link for link in links if self.audience in {None, link.audience_id}]


Task = Callable[[Work], float | None]
"""A bounded piece of work, which can be repeated. It returns after how many seconds it wants to be called again; None:
nothing is left to do, as far as is known."""
