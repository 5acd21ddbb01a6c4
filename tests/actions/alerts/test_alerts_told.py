"""Ann is told once of what is wrong, reminded while it lasts, and told when it is over."""

from __future__ import annotations

from importlib import import_module
from typing import Literal

import pytest
from sqlalchemy import func, select, update

from actions.alerts.conftest import AlertSite
from mailchimpsync.actions import acknowledgealert, getalerts, repair_webhooks, watch_webhooks
from mailchimpsync.actions.checkup import local
from mailchimpsync.config import Data, Guard, Schedule
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import run
from mailchimpsync.store.site import webhook_events
from mailchimpsync.store.verify import verifications
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.alert_receivers import text_of
from support.world import LIST, NEWS

TITLE = f"{LIST} ↔ group {NEWS}"
SITE = "[mailchimpsync cv]"


def test_a_sync_that_failed_is_told_once_and_its_end_once(alert_site: AlertSite) -> None:
    alert_site.sync()
    alert_site.disable_the_group()
    told = []
    for _ in range(3):
        assert alert_site.sync() == "CV_GROUP_INACTIVE"
        told += alert_site.look()
    alert_site.disable_the_group(active=True)
    alert_site.sync()
    over = [*alert_site.look(), *alert_site.look()]

    assert told == [f"{SITE} {TITLE}: the sync failed (CV_GROUP_INACTIVE)"]
    assert over == [f"{SITE} Resolved: {TITLE}: the sync failed (CV_GROUP_INACTIVE)"]


def test_a_message_says_what_it_means_what_to_do_and_where(alert_site: AlertSite) -> None:
    url = "https://sync.example.org"
    alert_site.site.settings = alert_site.site.settings.model_copy(update={"public_url": url})
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    text = text_of(alert_site.mailbox.mails[0])
    assert "What to do: " in text
    assert "press “Acknowledge” beside the problem" in text
    assert "`mailchimpsync" not in text
    assert url in text


def test_a_message_without_a_page_to_open_names_commands(alert_site: AlertSite) -> None:
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    assert "`mailchimpsync alerts ack 1`" in text_of(alert_site.mailbox.mails[0])


@pytest.mark.parametrize(
    ("language", "since"),
    [("en", "Since 20 Nov 2026, 13:00 (Europe/Berlin)."), ("de", "Seit 20.11.2026, 13:00 (Europe/Berlin).")],
)
def test_times_are_those_of_the_connections_schedule_and_say_so(
    alert_site: AlertSite, language: Literal["en", "de"], since: str
) -> None:
    alert_site.link(schedule=Schedule(time_zone="Europe/Berlin"))
    email = alert_site.site.configuration.alerts.email
    assert email is not None
    alert_site.is_told(email=email.model_copy(update={"language": language}))
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    text = text_of(alert_site.mailbox.mails[0])
    assert since in " ".join(text.split())
    assert "UTC" not in text


def test_a_person_who_does_nothing_is_reminded_a_limited_number_of_times(alert_site: AlertSite) -> None:
    alert_site.is_told(reminders=2, remind_hours=24)
    alert_site.disable_the_group()
    alert_site.sync()
    told = [alert_site.look(hours=12) for _ in range(10)]

    assert [len(subjects) for subjects in told] == [1, 0, 1, 0, 1, 0, 0, 0, 0, 0]
    assert told[4] == [f"{SITE} Reminder: {TITLE}: the sync failed (CV_GROUP_INACTIVE)"]


def test_a_person_who_acknowledged_a_problem_is_not_reminded_but_told_when_it_is_over(alert_site: AlertSite) -> None:
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()
    [alert] = getalerts(alert_site.site)
    known = acknowledgealert(alert_site.site, id=alert.id, by="ann")
    silence = [subject for _ in range(5) for subject in alert_site.look(hours=24)]
    alert_site.disable_the_group(active=True)
    alert_site.sync()

    assert known.acknowledged_by == "ann"
    assert silence == []
    assert alert_site.look() == [f"{SITE} Resolved: {alert.title}"]
    assert getalerts(alert_site.site) == []
    assert [one.id for one in getalerts(alert_site.site, over=True)] == [alert.id]


def test_only_what_lasts_can_be_known(alert_site: AlertSite) -> None:
    with pytest.raises(UsageError, match="There is no alert 7"):
        acknowledgealert(alert_site.site, id=7)
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.disable_the_group(active=True)
    alert_site.sync()
    with pytest.raises(UsageError, match="Alert 1 is already resolved"):
        acknowledgealert(alert_site.site, id=1)


def test_another_error_is_news_for_those_too_who_knew_of_the_first(alert_site: AlertSite) -> None:
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()
    acknowledgealert(alert_site.site, id=1, by="ann")
    alert_site.world.civicrm.call("Group", "delete", {"where": [["id", "=", NEWS]]})
    assert alert_site.sync() == "CV_GROUP_GONE"

    assert alert_site.look() == [f"{SITE} {TITLE}: the sync failed (CV_GROUP_GONE)"]
    assert alert_site.look() == []


def test_a_fault_that_passes_wakes_nobody(alert_site: AlertSite) -> None:
    alert_site.world.mailchimp.faults.plant(Fault(FaultKind.STATUS, times=10_000))
    assert alert_site.sync() == "MC_UNAVAILABLE"
    told = alert_site.look()
    alert_site.world.mailchimp.faults.clear()
    alert_site.sync()

    assert told == alert_site.look(hours=2) == []


def test_a_fault_that_should_pass_and_does_not_is_told_after_an_hour(alert_site: AlertSite) -> None:
    alert_site.world.mailchimp.faults.plant(Fault(FaultKind.STATUS, times=10_000))
    alert_site.sync()

    assert alert_site.look(hours=0.9) == []
    assert alert_site.look(hours=0.2) == [f"{SITE} {TITLE}: the sync failed (MC_UNAVAILABLE)"]


def test_a_mistake_of_the_program_is_told_too(alert_site: AlertSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> None:
        raise ZeroDivisionError("bella@example.org")

    monkeypatch.setattr(import_module("mailchimpsync.actions.sync.fetchandreconcile"), "run_connection", fail)
    with pytest.raises(ZeroDivisionError):
        alert_site.sync()

    assert alert_site.look() == [f"{SITE} {TITLE}: the sync failed (INTERNAL)"]


def test_a_refused_key_is_one_problem(alert_site: AlertSite) -> None:
    alert_site.revoke_the_key()
    assert alert_site.sync() == "CV_AUTH"
    told = alert_site.look()
    alert_site.renew_the_key()
    alert_site.sync()

    assert told == [f"{SITE} CiviCRM refused the API key (CV_AUTH)"]
    assert alert_site.look() == [f"{SITE} Resolved: CiviCRM refused the API key (CV_AUTH)"]


def test_a_sync_that_is_held_is_told_until_its_plan_is_decided(alert_site: AlertSite) -> None:
    alert_site.link(guard=Guard(minimum=0, add_number=0))
    alert_site.world.contact("carl@example.org", {NEWS: 1})
    assert alert_site.sync() == "held"
    told = alert_site.look()
    plan = f"plan {getalerts(alert_site.site)[0].what.rpartition('plan ')[2]}"
    alert_site.link(guard=Guard(enabled=False))
    alert_site.sync()

    assert told == [f"{SITE} {TITLE}: a sync is held for review (HELD)"]
    assert plan in text_of(alert_site.mailbox.mails[0])
    assert alert_site.look() == [f"{SITE} Resolved: {TITLE}: a sync is held for review (HELD)"]


def test_a_connection_that_nobody_syncs_is_late_a_day_after_it_was_due(alert_site: AlertSite) -> None:
    alert_site.sync()

    assert alert_site.look(hours=23.9) == []
    assert alert_site.look(hours=0.2) == [f"{SITE} {TITLE}: no complete sync for a long time"]
    alert_site.sync()
    assert alert_site.look() == [f"{SITE} Resolved: {TITLE}: no complete sync for a long time"]


def test_a_connection_is_not_late_when_a_call_found_that_no_run_was_needed(alert_site: AlertSite) -> None:
    alert_site.is_told(late_after_hours=1)
    alert_site.sync()
    alert_site.world.pass_time(50 * 60)

    assert alert_site.sync() == "unchanged"
    assert alert_site.look(hours=0.5) == []
    assert alert_site.look(hours=0.6) == [f"{SITE} {TITLE}: no complete sync for a long time"]


def test_a_weekly_schedule_is_not_late_after_two_days(alert_site: AlertSite) -> None:
    alert_site.link(schedule=Schedule(cron="0 4 * * 1"))
    alert_site.sync()

    assert alert_site.look(hours=48) == []
    assert alert_site.look(hours=39) == []
    assert alert_site.look(hours=2) == [f"{SITE} {TITLE}: no complete sync for a long time"]


def test_a_connection_that_was_never_synced_is_late_a_day_after_it_was_seen(alert_site: AlertSite) -> None:
    assert alert_site.look() == []
    assert alert_site.look(hours=23) == []
    assert getalerts(alert_site.site) == []
    assert len(alert_site.look(hours=2)) == 1
    assert [one.kind for one in getalerts(alert_site.site)] == ["late"]


def test_one_thing_is_not_told_as_failed_and_as_late(alert_site: AlertSite) -> None:
    alert_site.sync()
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()
    acknowledgealert(alert_site.site, id=1, by="ann")

    assert alert_site.look(hours=72) == []


def test_many_who_cant_be_synced_are_told_by_their_number(alert_site: AlertSite) -> None:
    for number in range(20):
        alert_site.world.contact((), {NEWS: 5}, first_name=f"Carl {number}")
    alert_site.sync()

    assert alert_site.look() == [f"{SITE} {TITLE}: many people can't be synced"]
    text = text_of(alert_site.mailbox.mails[0])
    assert "20 of 21 people can't be synced" in text
    assert "bella" not in text


def test_differences_that_nothing_explains_are_told(alert_site: AlertSite) -> None:
    alert_site.sync()
    with alert_site.world.store.begin() as tx:
        key = verifications.begin_verification(tx, LIST, alert_site.world.now, "ann")
        verifications.finish_verification(tx, key, LIST, finished_at=alert_site.world.now, unexplained=3)
    assert alert_site.look() == [f"{SITE} {TITLE}: both sides differ"]
    with alert_site.world.store.begin() as tx:
        key = verifications.begin_verification(tx, LIST, alert_site.world.now, "ann")
        verifications.finish_verification(tx, key, LIST, finished_at=alert_site.world.now, unexplained=0)
    assert alert_site.look() == [f"{SITE} Resolved: {TITLE}: both sides differ"]


def test_events_that_were_given_up_are_reported_until_a_sync_has_done_their_work(alert_site: AlertSite) -> None:
    alert_site.sync()
    alert_site.world.pass_time(60)
    now = alert_site.world.now
    with alert_site.world.store.begin() as tx:
        webhook_events.add_event(tx, list_id=LIST, kind="profile", fingerprint="one", data={}, now=now)
        webhook_events.finish_events(tx, [1], now, webhook_events.FAILED, Code.EVENT_GIVEN_UP)
    told = alert_site.look()
    alert_site.world.pass_time(60)
    alert_site.sync()

    assert told == [f"{SITE} {TITLE}: webhook events were given up (EVENT_GIVEN_UP)"]
    assert alert_site.look() == [f"{SITE} Resolved: {TITLE}: webhook events were given up (EVENT_GIVEN_UP)"]


def data_found(alert_site: AlertSite, count: int) -> None:
    """Let a run with data have looked at a hundred people, and Mailchimp have refused the phones of some before."""
    problem = {"plugin": "field_map", "field": "PHONE", "what": "refused", "count": count, "contact_ids": [1]}
    found = {"people": 100, "problems": [{**problem, "field": "BIRTHDAY", "count": 1}, problem], "failures": {}}
    with alert_site.world.store.begin() as tx:
        newest = tx.execute(select(func.max(run.c.id))).scalar_one()
        tx.execute(update(run).where(run.c.id == newest).values(with_data=True))
        runs.add_counts(tx, newest, data=found)


def test_data_that_is_refused_for_many_people_is_told_until_it_fits(alert_site: AlertSite) -> None:
    alert_site.link(data=Data(tags=True))
    alert_site.sync()
    data_found(alert_site, 19)
    assert alert_site.look() == []
    data_found(alert_site, 40)
    told = alert_site.look()
    [text] = [text_of(mail) for mail in alert_site.mailbox.mails]
    data_found(alert_site, 0)

    assert told == [f"{SITE} {TITLE}: many people have data that doesn't fit (DATA_UNFIT)"]
    assert "40 people: merge field PHONE." in " ".join(text.split())
    assert "mailchimpsync data findings" in text
    assert alert_site.look() == [f"{SITE} Resolved: {TITLE}: many people have data that doesn't fit (DATA_UNFIT)"]


def test_a_disk_that_is_almost_full_is_told(alert_site: AlertSite, monkeypatch: pytest.MonkeyPatch) -> None:
    alert_site.sync()
    with monkeypatch.context() as patch:
        patch.setattr(local, "DISK_BYTES_MIN", 10**20)
        told = alert_site.look()

    assert told == [f"{SITE} The disk is almost full (DISK_LOW)"]
    assert alert_site.look() == [f"{SITE} Resolved: The disk is almost full (DISK_LOW)"]


def test_a_webhook_that_is_missing_at_mailchimp_is_told(alert_site: AlertSite) -> None:
    alert_site.sync()
    alert_site.world.mailchimp.set_options(validate_webhooks=False)
    alert_site.site.settings = alert_site.site.settings.model_copy(update={"public_url": alert_site.pager.url})
    watch_webhooks(alert_site.site)
    told = alert_site.look()
    repair_webhooks(alert_site.site)
    watch_webhooks(alert_site.site)

    assert f"{SITE} Mailchimp's webhooks don't work (WEBHOOK_MISSING)" in told
    assert alert_site.look() == [f"{SITE} Resolved: Mailchimp's webhooks don't work (WEBHOOK_MISSING)"]


def test_where_mailchimp_cant_be_asked_nothing_is_said_to_be_over(alert_site: AlertSite) -> None:
    alert_site.sync()
    alert_site.site.settings = alert_site.site.settings.model_copy(update={"public_url": alert_site.pager.url})
    watch_webhooks(alert_site.site)
    alert_site.look()
    alert_site.world.mailchimp.faults.plant(Fault(FaultKind.STATUS, times=10_000))
    watch_webhooks(alert_site.site)

    assert alert_site.look() == []


def test_two_services_on_one_database_tell_it_once(alert_site: AlertSite) -> None:
    other = alert_site.for_another_thread()
    alert_site.disable_the_group()
    alert_site.sync()
    other.sync()

    assert len([*alert_site.look(), *other.look(), *alert_site.look(), *other.look()]) == 1
    assert len([*other.look(hours=24.1), *alert_site.look()]) == 1


def test_what_nobody_was_told_is_told_once_there_is_a_channel(alert_site: AlertSite) -> None:
    told = alert_site.site.configuration.alerts.email
    alert_site.is_told(email=None)
    alert_site.disable_the_group()
    alert_site.sync()
    assert alert_site.look() == []
    alert_site.is_told(email=told)

    assert alert_site.look(hours=1) == [f"{SITE} {TITLE}: the sync failed (CV_GROUP_INACTIVE)"]


def test_what_was_over_before_anyone_was_told_is_not_told_at_all(alert_site: AlertSite) -> None:
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.disable_the_group(active=True)
    alert_site.sync()

    assert alert_site.look() == []
