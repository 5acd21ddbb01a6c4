"""The service imports campaigns by itself, where a connection wants it, every so many hours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from mailchimpsync.actions import Site, fetchandreconcile, getalerts
from mailchimpsync.config import Campaigns, Schedule
from mailchimpsync.store.schema import campaign_import
from mailchimpsync.sync.lease.lease import acquired_lease
from mailchimpsync.worker.due import IMPORT_CONTINUE_AFTER
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.metrics import Metrics
from mailchimpsync.worker.tasks.campaigns import import_campaigns
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.rights import CAMPAIGNS
from support.service import CIVICRM_KEY, LIST_ID, MAILCHIMP_KEY, Charity


@pytest.fixture
def open_site(charity: Charity) -> Iterator[Site]:
    """A site that has been synced, and wants its campaigns."""
    charity.civicrm.grant(CIVICRM_KEY, CAMPAIGNS)
    charity.make_site(Schedule())
    with charity.site() as site:
        want(site, enabled=True)
        fetchandreconcile(site)
        yield site


def want(site: Site, *, quiet: str | None = None, **values: Any) -> None:
    how = {"campaigns": Campaigns(**values), "schedule": Schedule(quiet=quiet)}
    links = tuple(one.model_copy(update=how) for one in site.configuration.connections)
    site.save(site.configuration.model_copy(update={"connections": links}), "ann")


def send(charity: Charity, site: Site, campaign: str) -> None:
    charity.mailchimp.load_campaign(
        MAILCHIMP_KEY,
        campaign={
            "id": campaign,
            "send_time": (site.runtime.now() - timedelta(hours=2)).isoformat(timespec="seconds"),
            "recipients": {"list_id": LIST_ID},
            "settings": {"title": campaign},
        },
        sent_to=[{"email_address": "bella@example.org"}],
    )


def hours_pass(site: Site, hours: float) -> None:
    """Let the newest import be older."""
    with site.store.begin() as tx:
        for row in tx.execute(select(campaign_import)).mappings().all():
            past = {name: row[name] - timedelta(hours=hours) for name in ("begun_at", "ended_at")}
            tx.execute(update(campaign_import).where(campaign_import.c.id == row["id"]).values(past))


def look(site: Site) -> list[str]:
    """Let the service look what is due; return how its imports ended."""
    seen = Seen()
    import_campaigns(Work(site, lambda: False, seen))
    return seen.ended


class Seen(Metrics):
    """Metrics that remember how imports ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[str] = []

    def campaigns(self, outcome: str) -> None:
        super().campaigns(outcome)
        self.ended.append(outcome)


def imported(charity: Charity) -> list[str]:
    return [row["subject"] for row in charity.civicrm.dump("Activity")]


def test_once_a_day(open_site: Site, charity: Charity) -> None:
    send(charity, open_site, "spring")
    assert look(open_site) == ["done"]
    assert imported(charity) == ["spring"]
    send(charity, open_site, "summer")
    hours_pass(open_site, 23)
    assert look(open_site) == []
    hours_pass(open_site, 1.1)
    assert look(open_site) == ["done"]
    assert imported(charity) == ["spring", "summer"]


def test_only_where_it_is_wanted(open_site: Site, charity: Charity) -> None:
    want(open_site, enabled=False)
    send(charity, open_site, "spring")

    assert look(open_site) == []
    assert imported(charity) == []


def test_never_within_the_quiet_time(open_site: Site) -> None:
    now = open_site.runtime.now()
    want(open_site, enabled=True, quiet=f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}")

    assert look(open_site) == []


def test_never_before_the_first_sync(charity: Charity) -> None:
    """Before it, nobody's contact is known."""
    charity.make_site(Schedule())
    with charity.site() as site:
        want(site, enabled=True)

        assert look(site) == []


def test_a_sync_at_work_goes_first(open_site: Site) -> None:
    with acquired_lease(open_site.store, LIST_ID):
        assert look(open_site) == []

    assert look(open_site) == ["done"]


def test_one_that_fails_is_told_and_tried_again_an_hour_later(open_site: Site, charity: Charity) -> None:
    revoked = json.dumps({"title": "API Key Invalid", "status": 401, "detail": "Your API key may be invalid."})
    charity.mailchimp.faults.plant(Fault(FaultKind.STATUS, "/campaigns", times=1, status=401, body=revoked))

    assert look(open_site) == ["MC_AUTH"]
    assert [(one.kind, one.code) for one in getalerts(open_site)] == [("campaigns", "MC_AUTH")]
    assert look(open_site) == []
    hours_pass(open_site, 1.1)
    assert look(open_site) == ["done"]
    assert getalerts(open_site) == []


def test_what_is_out_of_time_goes_on_soon(open_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailchimpsync.worker.tasks.campaigns.SECONDS_MAX", 0.000001)
    monkeypatch.setattr("mailchimpsync.worker.tasks.campaigns.SECONDS_MIN", 0.000001)

    assert import_campaigns(Work(open_site, lambda: False, Metrics())) == IMPORT_CONTINUE_AFTER.total_seconds()

    monkeypatch.undo()
    hours_pass(open_site, 0.1)
    assert look(open_site) == ["done"]
    assert import_campaigns(Work(open_site, lambda: False, Metrics())) is None


def test_metrics_tell_of_imports_and_campaigns(open_site: Site, charity: Charity) -> None:
    metrics = Metrics()
    metrics.watch(open_site.for_another_thread())
    send(charity, open_site, "spring")

    import_campaigns(Work(open_site, lambda: False, metrics))

    text = metrics.text().decode()
    assert 'mailchimpsync_campaign_imports_total{outcome="done"} 1.0' in text
    assert f'mailchimpsync_campaigns{{audience="{LIST_ID}",state="complete"}} 1.0' in text
    assert f'mailchimpsync_last_campaign_import_age_seconds{{audience="{LIST_ID}"}}' in text
