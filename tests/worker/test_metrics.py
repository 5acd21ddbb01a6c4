"""What Prometheus is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mailchimpsync.actions import Site, fetchandreconcile
from mailchimpsync.config import Schedule
from mailchimpsync.runtime import Runtime
from mailchimpsync.store.site.webhook_events import add_event
from mailchimpsync.worker.metrics import Metrics
from support.service import LIST_ID, NEWS, Charity

PAGE = Path(__file__).parents[2] / "docs/reference/metrics.md"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def site(charity: Charity, metrics: Metrics) -> Iterator[Site]:
    charity.make_site(Schedule(enabled=False))
    with charity.site(Runtime(observer=metrics)) as site:
        metrics.watch(site.for_another_thread())
        yield site


def samples(metrics: Metrics) -> dict[str, float]:
    """Return every value by its name and labels."""
    return {
        f"{one.name}{sorted(one.labels.values())}": one.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for one in family.samples
    }


def test_a_sync_shows_in_them(site: Site, metrics: Metrics) -> None:
    fetchandreconcile(site)
    fetchandreconcile(site)

    found = samples(metrics)
    assert sum(value for name, value in found.items() if name.startswith("mailchimpsync_runs_total")) == 2
    assert found["mailchimpsync_run_seconds_count[]"] == 2
    assert found["mailchimpsync_request_seconds_count['200', 'CiviCRM']"] > 0
    assert found["mailchimpsync_request_seconds_count['200', 'Mailchimp']"] > 0
    assert found["mailchimpsync_stage_seconds_total['readyToFetch']"] > 0
    assert found[f"mailchimpsync_rows['{LIST_ID}', 'ok']"] == 2
    assert found[f"mailchimpsync_lease_held['{LIST_ID}']"] == 0
    assert 0 <= found[f"mailchimpsync_last_complete_sync_age_seconds['{LIST_ID}']"] < 600
    assert found[f"mailchimpsync_open_updates['{LIST_ID}']"] == 0
    assert found["mailchimpsync_store_up[]"] == 1


def test_a_run_that_fails_shows_by_its_code(site: Site, metrics: Metrics, charity: Charity) -> None:
    charity.civicrm.call("Group", "update", {"where": [["id", "=", NEWS]], "values": {"is_active": False}})

    fetchandreconcile(site)

    assert samples(metrics)["mailchimpsync_runs_total['CV_GROUP_INACTIVE']"] == 1


def test_the_queue_shows_its_depth_and_age(site: Site, metrics: Metrics) -> None:
    with site.store.begin() as tx:
        for number in range(3):
            add_event(tx, list_id=LIST_ID, kind="profile", fingerprint=f"{number}", data={}, now=site.runtime.now())

    found = samples(metrics)
    assert found["mailchimpsync_queue_depth[]"] == 3
    assert 0 <= found["mailchimpsync_queue_age_seconds[]"] < 600
    assert found["mailchimpsync_events['waiting']"] == 3


def test_a_database_that_is_gone_is_told_and_the_rest_with_it(site: Site, metrics: Metrics, charity: Charity) -> None:
    site.store.close()
    for file in charity.home.glob("mailchimpsync.sqlite*"):
        file.unlink()

    found = samples(metrics)
    assert found["mailchimpsync_store_up[]"] == 0
    assert any(name.startswith("mailchimpsync_build_info") for name in found)


def test_no_metric_names_a_person(site: Site, metrics: Metrics) -> None:
    fetchandreconcile(site)

    assert "@" not in metrics.text().decode()


def test_every_metric_is_explained_and_no_other(site: Site, metrics: Metrics) -> None:
    fetchandreconcile(site)
    there = {family.name for family in metrics.registry.collect()}
    page = PAGE.read_text(encoding="utf-8").partition("## Of a fleet")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {
        name for name in there if not name.endswith("_created")
    }
