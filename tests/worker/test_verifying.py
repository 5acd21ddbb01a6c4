"""The service compares both sides in full once a week, by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mailchimpsync.actions import Site, fetchandreconcile
from mailchimpsync.config import Schedule
from mailchimpsync.store.schema import run, verification
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.metrics import Metrics
from mailchimpsync.worker.tasks.verify import verify
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.service import LIST_ID, Charity


@pytest.fixture
def open_site(charity: Charity) -> Iterator[Site]:
    """A site that has been synced."""
    charity.make_site(Schedule())
    with charity.site() as site:
        fetchandreconcile(site)
        yield site


def days_pass(site: Site, days: float) -> None:
    """Let what is known of the past be older."""
    with site.store.begin() as tx:
        for table, column in ((run, run.c.started_at), (verification, verification.c.started_at)):
            for key, at in tx.execute(select(table.c.id, column)).all():
                tx.execute(update(table).where(table.c.id == key).values({column.name: at - timedelta(days=days)}))


def verified(site: Site) -> int:
    """How many comparisons there are after the service has looked what is due."""
    verify(Work(site, lambda: False, Metrics()))
    with site.store.begin() as tx:
        return len(tx.execute(select(verification.c.id).where(verification.c.list_id == LIST_ID)).all())


def schedule(site: Site, **values: object) -> None:
    made = Schedule.model_validate(values)
    links = tuple(one.model_copy(update={"schedule": made}) for one in site.configuration.connections)
    site.save(site.configuration.model_copy(update={"connections": links}), "ann")


def test_a_day_after_the_first_sync_and_then_once_a_week(open_site: Site) -> None:
    assert verified(open_site) == 0
    days_pass(open_site, 1.1)
    assert verified(open_site) == 1
    assert verified(open_site) == 1
    days_pass(open_site, 6.9)
    assert verified(open_site) == 1
    days_pass(open_site, 0.2)
    assert verified(open_site) == 2


def test_never_where_a_connection_says_so(open_site: Site) -> None:
    schedule(open_site, verify_every_days=0)
    days_pass(open_site, 30)

    assert verified(open_site) == 0


def test_never_within_the_quiet_time(open_site: Site) -> None:
    now = open_site.runtime.now()
    schedule(open_site, quiet=f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}")
    days_pass(open_site, 30)

    assert verified(open_site) == 0


def test_one_that_fails_is_tried_again_some_hours_later(open_site: Site, charity: Charity) -> None:
    revoked = '{"title": "API Key Invalid", "status": 401, "detail": "Your API key may be invalid."}'
    charity.mailchimp.faults.plant(Fault(FaultKind.STATUS, "GET", times=99, status=401, body=revoked))
    days_pass(open_site, 2)
    assert verified(open_site) == 1
    assert verified(open_site) == 1
    days_pass(open_site, 0.3)
    assert verified(open_site) == 2
