"""Prometheus metrics: counters of this process, and values read from the store at each scrape."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mailchimpsync import __version__
from mailchimpsync.actions import Site
from mailchimpsync.actions.status.connection_state import state_of
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store.runs import service_figures
from mailchimpsync.worker.reporting import log_failure

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "mailchimpsync_"

_REQUEST_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)
_DELAY_SECONDS = (0.5, 1, 2, 5, 15, 60, 300)
_RUN_SECONDS = (1, 5, 15, 60, 120, 300, 900)


class Metrics:
    """The service's metrics, and the `Observer` of its runtime. Safe to call from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._runs = Counter(
            f"{PREFIX}runs",
            "Sync calls, by outcome or error code.",
            ["outcome"],
            registry=self.registry,
        )
        self._run_seconds = Histogram(
            f"{PREFIX}run_seconds", "Duration of sync calls in seconds.", buckets=_RUN_SECONDS, registry=self.registry
        )
        self._stage_seconds = Counter(
            f"{PREFIX}stage_seconds", "Time spent in each stage, in seconds.", ["stage"], registry=self.registry
        )
        self._requests = Histogram(
            f"{PREFIX}request_seconds",
            "Duration of requests to Mailchimp or CiviCRM in seconds, by status (0: no response).",
            ["service", "status"],
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        self._events = Counter(f"{PREFIX}events_handled", "Webhook events handled.", registry=self.registry)
        self._campaigns = Counter(
            f"{PREFIX}campaign_imports",
            "Campaign import calls, by outcome or error code.",
            ["outcome"],
            registry=self.registry,
        )
        self._jobs = Counter(
            f"{PREFIX}jobs",
            "Jobs that a worker has done, by kind and outcome.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self._job_delay = Histogram(
            f"{PREFIX}job_delay_seconds",
            "How long after its time a job began, in seconds.",
            ["kind"],
            buckets=_DELAY_SECONDS,
            registry=self.registry,
        )
        Info(f"{PREFIX}build", "The version of this service.", registry=self.registry).info({"version": __version__})

    def request(self, service: str, method: str, status: int, seconds: float) -> None:  # noqa: ARG002 (the protocol's)
        """Count a request to one of the two systems."""
        self._requests.labels(service, str(status)).observe(max(seconds, 0.0))

    def stage(self, list_id: str, stage: str, seconds: float) -> None:  # noqa: ARG002 (the protocol's)
        """Add the duration of a stage."""
        self._stage_seconds.labels(stage).inc(max(seconds, 0.0))

    def run(self, list_id: str, outcome: str, seconds: float) -> None:  # noqa: ARG002 (the protocol's)
        """Count a call of a run."""
        self._runs.labels(outcome).inc()
        self._run_seconds.observe(max(seconds, 0.0))

    def events(self, number: int) -> None:
        """Count events that were handled."""
        self._events.inc(number)

    def campaigns(self, outcome: str) -> None:
        """Count a call of a campaign import."""
        self._campaigns.labels(outcome).inc()

    def job(self, kind: str, outcome: str, delay_seconds: float | None) -> None:
        """Count a job of a queue; `delay_seconds` after its time it began, if it had one."""
        self._jobs.labels(kind, outcome).inc()
        if delay_seconds is not None:
            self._job_delay.labels(kind).observe(max(delay_seconds, 0.0))

    def watch(self, site: Site) -> None:
        """Add values that are read from a site's store at each scrape; `site` must not be shared (`Site.another`)."""
        self.registry.register(_StoreCollector(site))

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)


class _StoreCollector(Collector):
    """Reads the store at each scrape; if that fails, `mailchimpsync_store_up` is 0."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def describe(self) -> list[Metric]:
        """Return nothing, so that the collector can be registered without a store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the store's values."""
        up = gauge("store_up", "Whether the database could be read.")
        try:
            self._site.refresh()
            found = [*self._of_connections(), *self._of_campaigns(), *self._of_queue()]
        except MailchimpsyncError as error:
            log_failure("metrics.failed", error)
            found = []
        up.add_metric([], 1.0 if found else 0.0)
        yield up
        yield from found

    def _of_connections(self) -> list[Metric]:
        rows = gauge("rows", "Cache rows by sync status.", "audience", "sync_status")
        held = gauge("lease_held", "Whether a sync or a webhook is being processed.", "audience")
        since = gauge(
            "last_complete_sync_age_seconds", "Seconds since the start of the last complete sync.", "audience"
        )
        updates = gauge("open_updates", "Updates on their way to Mailchimp.", "audience")
        state = gauge("connection_state", "1 for the current state of the connection.", "audience", "state")
        people = gauge("people_due", "People with changes that are due but not made, by cause.", "audience", "cause")
        errors = gauge("errors_in_a_row", "Consecutive calls that ended with the same error.", "audience")
        leaving = gauge(
            "refused_opt_outs", "People to be taken off the list whose removal Mailchimp refuses.", "audience"
        )
        batches = gauge("open_batches", "Batches with unread results.", "audience")
        failed = gauge(
            "people_failed", "People who can't be synced, by whether they need attention.", "audience", "standing"
        )
        now = self._site.runtime.now()
        for link in self._site.configuration.connections:
            audience = link.audience_id
            with self._site.store.reading() as tx:
                found, stored = service_figures.connection_figures(tx, audience), state_of(tx, link, now)
            state.add_metric([audience, stored.name], 1.0)
            for cause, number in stored.due.by_cause.items():
                people.add_metric([audience, cause or "next run"], number)
            for standing, number in stored.failed.by_standing.items():
                failed.add_metric([audience, standing], number)
            errors.add_metric([audience], stored.failing_times)
            leaving.add_metric([audience], stored.due.leaving)
            for status, number in found.rows.items():
                rows.add_metric([audience, status], number)
            held.add_metric([audience], 1.0 if found.lease_held else 0.0)
            updates.add_metric([audience], found.open_updates)
            batches.add_metric([audience], found.open_batches)
            if found.last_sync_time is not None:
                since.add_metric([audience], (now - found.last_sync_time).total_seconds())
        return [rows, held, since, updates, batches, state, people, failed, errors, leaving]

    def _of_campaigns(self) -> list[Metric]:
        number = gauge("campaigns", "Known campaigns, by state.", "audience", "state")
        since = gauge(
            "last_campaign_import_age_seconds", "Seconds since the start of the last complete import.", "audience"
        )
        now = self._site.runtime.now()
        for link in self._site.configuration.connections:
            with self._site.store.reading() as tx:
                found = service_figures.campaign_figures(tx, link.audience_id)
            for state, count in found.by_state.items():
                number.add_metric([link.audience_id, state], count)
            if found.complete_at is not None:
                since.add_metric([link.audience_id], (now - found.complete_at).total_seconds())
        return [number, since]

    def _of_queue(self) -> list[Metric]:
        with self._site.store.reading() as tx:
            found = service_figures.event_figures(tx)
        age = (self._site.runtime.now() - found.oldest).total_seconds() if found.oldest else 0.0
        depth = gauge("queue_depth", "Webhook events waiting.")
        oldest = gauge("queue_age_seconds", "Age of the oldest waiting webhook event.")
        events = gauge("events", "Stored webhook events, by state.", "state")
        depth.add_metric([], found.waiting)
        oldest.add_metric([], age)
        for state, number in found.by_state.items():
            events.add_metric([state], number)
        return [depth, oldest, events]


def gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    """Return an empty gauge of ours."""
    return GaugeMetricFamily(PREFIX + name, text, labels=labels)
