"""Metrics of all sites of a fleet, from what is noted of them: none is opened.

The number of values is bounded: the worst sites have their own, the others are added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from mailchimpsync.actions import Fleet
from mailchimpsync.actions.fleet_overview import SiteLevel, SiteOverview, overview
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store.engine.database import newest_schema
from mailchimpsync.worker.metrics import gauge
from mailchimpsync.worker.reporting import log_failure

NAMED_MAX = 100
"""How many sites have values of their own."""

OTHERS = ""
"""The label `site` of what all others have together; no site has such a name."""


class SitesCollector(Collector):
    """Reads the overview of all sites at each scrape."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def describe(self) -> list[Metric]:
        """Return nothing, so that the collector can be registered without a database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield what is known of all sites; nothing, if the database can't be read."""
        try:
            found = overview(self._fleet)
        except MailchimpsyncError as error:
            log_failure("metrics.failed", error)
            return
        yield self._levels(found)
        yield self._old(found)
        yield from self._figures(found)

    def _levels(self, found: Sequence[SiteOverview]) -> Metric:
        sites, numbers = gauge("sites", "Sites by their state.", "state"), Counter(one.level for one in found)
        for level in SiteLevel:
            sites.add_metric([level.value], numbers[level])
        return sites

    def _old(self, found: Sequence[SiteOverview]) -> Metric:
        old = gauge("sites_to_upgrade", "Sites with the schema of another version.")
        old.add_metric([], sum(one.site.schema_number != newest_schema() for one in found))
        return old

    def _figures(self, found: Sequence[SiteOverview]) -> list[Metric]:
        held = gauge("site_held_plans", "Connections held for review.", "site")
        due = gauge("site_people_due", "People with changes that are due but not made.", "site")
        alerts = gauge("site_open_alerts", "Open problems.", "site")
        age = gauge("site_last_success_age_seconds", "Seconds since all connections were looked at.", "site")
        for site, some in _grouped(found):
            held.add_metric([site], sum(one.held for one in some))
            due.add_metric([site], sum(one.due for one in some))
            alerts.add_metric([site], sum(one.open_alerts for one in some))
            times = [one.checked_at for one in some if one.checked_at is not None]
            if times:
                age.add_metric([site], (self._fleet.runtime.now() - min(times)).total_seconds())
        return [held, due, alerts, age]


def _grouped(found: Sequence[SiteOverview]) -> Iterator[tuple[str, Sequence[SiteOverview]]]:
    """Yield the worst sites one by one, and all others together; of the last success, the oldest counts."""
    for one in found[:NAMED_MAX]:
        yield one.site.name, [one]
    if others := found[NAMED_MAX:]:
        yield OTHERS, others
