"""Operators of a fleet: they see all sites, open them under their own name, and do something to many at once."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import event, update

from mailchimpsync.actions import pausesync
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import create_token
from mailchimpsync.actions.fleet_operations import BulkAction, begin_bulk, list_operations, read_operation
from mailchimpsync.actions.fleet_overview import refresh_overview
from mailchimpsync.store.schema.fleet_tables import site_figures
from mailchimpsync.web.accounts import create_user, remove_user
from mailchimpsync.web.fleet.front import serving_fleet
from mailchimpsync.web.models import Role, User
from mailchimpsync.worker import fleet_metrics
from mailchimpsync.worker.metrics import Metrics
from support.charity import PASSWORD, post_form
from web.fleet.conftest import OWN_HOST, Serve, ServedFleet
from web.fleet.test_sites_apart import connect

pytestmark = pytest.mark.postgres


@pytest.fixture
def fleet_of_two(serve_fleet: Serve) -> ServedFleet:
    """Green has a connection, red has none."""
    served = serve_fleet("green", "red")
    connect(served, "green", 1)
    refresh_overview(served.fleet)
    return served


def add_operator(served: ServedFleet, name: str, role: Role = Role.ADMINISTRATOR) -> httpx2.Client:
    """Add an operator, and return a browser in which they are signed in."""
    with serving_fleet(served.fleet):
        user = create_user(name, role, "the tests")
        user.set_password(PASSWORD)
        user.save()
    client = served.client()
    answer = post_form(client, "/fleet/sign-in", {"username": name, "password": PASSWORD})
    assert answer.headers["Location"] == "/fleet/"
    return client


def send(client: httpx2.Client, path: str, **fields: object) -> httpx2.Response:
    return post_form(client, "/fleet/", fields, to=path)


def settled(served: ServedFleet, number: int) -> dict[str, str | None]:
    """Wait until an operation is over, and return what became of it."""
    for _ in range(300):
        read = read_operation(served.fleet, number)
        assert read is not None
        if read[0].ended_at is not None:
            return {one.site: one.outcome for one in read[1]}
        time.sleep(0.1)
    raise AssertionError("it goes on and on")


def test_the_first_operator_comes_by_a_link_and_sees_all_sites_worst_first(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")

    page = client.get("/fleet/").text

    assert re.findall(r'name="site" value="(\w+)"', page) == ["green", "red"]
    assert "not set up" in page
    assert {cookie.path for cookie in client.cookies.jar} == {"/fleet"}


def test_states_that_no_worker_has_looked_at_for_long_are_not_passed_off_as_new(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")
    assert "No worker has looked at" not in client.get("/fleet/").text
    with fleet_of_two.fleet.store.begin() as tx:
        old = datetime.now(UTC) - timedelta(hours=1)
        tx.execute(update(site_figures).where(site_figures.c.site == "green").values(noted_at=old))

    assert "No worker has looked at 1 site for more than 15 minutes" in client.get("/fleet/").text


def test_nobody_else_gets_in(fleet_of_two: ServedFleet) -> None:
    of_site = fleet_of_two.signed_in("green")
    session = next(cookie.value for cookie in of_site.cookies.jar if cookie.name == "mailchimpsync_session")

    for path in ("/fleet/", "/fleet/operations", "/fleet/operations/1", "/fleet/help/how-to/run-many-sites"):
        answer = fleet_of_two.client().get(path, headers={"Cookie": f"mailchimpsync_session={session}"})
        assert answer.headers["Location"].startswith("/fleet/sign-in")
    assert fleet_of_two.client().post("/fleet/sites/green/open").status_code in {302, 403}


def test_an_operator_opens_a_site_and_acts_there_under_their_own_name(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")

    answer = send(client, "/fleet/sites/green/open")
    assert answer.status_code == 303
    assert client.get(answer.headers["Location"]).headers["Location"] == "/s/green/"

    page = client.get("/s/green/").text
    assert "fleet:olga, Administrator" in page
    assert [(one.what, one.by, name) for one, _, name in list_operations(fleet_of_two.fleet)] == [
        ("open", "olga", "green")
    ]
    with fleet_of_two.serving("green"):
        assert not User.objects.get(name="fleet:olga").has_usable_password()


def test_a_link_to_a_site_works_once_and_there_alone(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")
    first, second = (send(client, "/fleet/sites/green/open").headers["Location"] for _ in range(2))

    assert fleet_of_two.client().get(first.replace("green", "red")).status_code == 404
    assert fleet_of_two.client().get(first).status_code == 302
    assert fleet_of_two.client().get(first).status_code == 404
    with fleet_of_two.fleet.store.begin() as tx:
        tx.exec_driver_sql("UPDATE sign_in_link SET expires_at = expires_at - interval '2 minutes'")
    assert fleet_of_two.client().get(second).status_code == 404


def test_a_site_with_a_host_name_of_its_own_is_opened_there(serve_fleet: Serve) -> None:
    served = serve_fleet("blue")
    location = send(add_operator(served, "olga"), "/fleet/sites/blue/open").headers["Location"]

    assert location.startswith(f"https://{OWN_HOST}/operator/")
    assert served.client(host=OWN_HOST).get(urlsplit(location).path).status_code == 302


def test_a_removed_or_demoted_operator_loses_the_sites_at_once(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")
    client.get(send(client, "/fleet/sites/green/open").headers["Location"])
    assert client.get("/s/green/users").status_code == 200

    with serving_fleet(fleet_of_two.fleet):
        create_user("otto", Role.ADMINISTRATOR, "the tests")
        User.objects.filter(name="olga").update(role=Role.VIEWER)
    assert client.get("/s/green/users").status_code == 403
    assert client.get("/s/green/").status_code == 200
    with serving_fleet(fleet_of_two.fleet):
        remove_user(User.objects.get(name="olga"))
    assert client.get("/s/green/").status_code == 302


def test_nobody_of_a_site_becomes_an_operator(fleet_of_two: ServedFleet) -> None:
    """Neither by a name, nor by a password for the user that an operator left behind."""
    client = add_operator(fleet_of_two, "olga")
    client.get(send(client, "/fleet/sites/green/open").headers["Location"])
    ada = fleet_of_two.signed_in("green")
    secret = ada.get("/s/green/users").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]

    made = ada.post("/s/green/users/add", data={"name": "fleet:otto", "role": "viewer", "csrfmiddlewaretoken": secret})
    link = ada.post("/s/green/users/fleet:olga/change", data={"act": "link", "csrfmiddlewaretoken": secret})

    assert made.status_code == 400
    assert link.status_code == 400
    assert "signs in there" in link.text


def test_a_viewer_sees_all_sites_and_does_nothing_to_them(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "vera", Role.VIEWER)

    assert "Pause" not in client.get("/fleet/").text
    for path in ("/fleet/preview", "/fleet/begin"):
        assert send(client, path, action="pause", site="green", names="green", number="1").status_code == 403
    operator = add_operator(fleet_of_two, "otto", Role.OPERATOR)
    assert "Upgrade" not in operator.get("/fleet/").text
    assert send(operator, "/fleet/preview", action="upgrade", site="green").status_code == 403
    assert list_operations(fleet_of_two.fleet) == []


def test_sites_are_paused_after_a_preview_and_the_number_and_resumed_again(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")

    shown = send(client, "/fleet/preview", action="pause", site=["green", "red"]).text
    assert "Pause: 1 site" in shown
    assert "1 connection will be paused" in shown
    refused = send(client, "/fleet/begin", action="pause", names="green", number="2")
    assert (refused.status_code, "Nothing was changed" in refused.text) == (400, True)
    begun = send(client, "/fleet/begin", action="pause", names="green", number="1", reason="Moving house")

    assert settled(fleet_of_two, int(begun.headers["Location"].rpartition("/")[2])) == {"green": "done"}
    with fleet_of_two.fleet.open("green") as site:
        [link] = site.configuration.connections
        pause = pausesync(site, group_id=link.group_id)
    assert (pause.has_changed, pause.paused_by, pause.reason) == (False, "fleet:olga", "Moving house")
    assert "1 connection paused" in client.get("/fleet/").text
    begun = send(client, "/fleet/begin", action="resume", names="green", number="1")
    assert settled(fleet_of_two, int(begun.headers["Location"].rpartition("/")[2])) == {"green": "done"}
    assert "connection paused" not in client.get("/fleet/").text
    assert [one.what for one, _, _ in list_operations(fleet_of_two.fleet)] == ["resume", "pause"]


def test_sites_with_an_old_schema_are_upgraded_and_a_failure_stays_alone(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")
    with fleet_of_two.fleet.store.begin() as tx:
        tx.exec_driver_sql("UPDATE site SET schema_number = '0027'")
    with fleet_of_two.fleet.open("red") as site, site.store.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0027'")

    assert "Upgrade: 2 sites" in send(client, "/fleet/preview", action="upgrade", all="1", level="old").text
    begun = send(client, "/fleet/begin", action="upgrade", names="green red", number="2")
    found = settled(fleet_of_two, int(begun.headers["Location"].rpartition("/")[2]))

    assert found["green"] == "done"
    assert "1 failed." in client.get(begun.headers["Location"]).text
    assert found["red"] != "done"


def test_a_sync_of_many_sites_is_queued(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")
    begun = send(client, "/fleet/begin", action="sync", names="green", number="1")

    assert settled(fleet_of_two, int(begun.headers["Location"].rpartition("/")[2])) == {"green": "done"}
    with fleet_of_two.fleet.store.begin() as tx:
        jobs = tx.exec_driver_sql("SELECT args->>'site' FROM procrastinate_jobs WHERE args->>'kind' = 'sync'").all()
    assert [tuple(job) for job in jobs] == [("green",)]


def test_disabled_sites_and_those_with_nothing_to_do_are_left_out(fleet_of_two: ServedFleet) -> None:
    client = add_operator(fleet_of_two, "olga")
    fleet_of_two.fleet.change("green", disable=True)

    page = send(client, "/fleet/preview", action="pause", site=["green", "red"]).text

    assert "There is nothing to do for these sites" in page
    assert (
        "Choose at least one site"
        in client.get(send(client, "/fleet/preview", action="pause").headers["Location"]).text
    )


@pytest.mark.parametrize("query", ["text=gree", "level=not+set+up", "order=name", "level=nonsense&order=x&page=99"])
def test_sites_are_filtered_and_sorted(fleet_of_two: ServedFleet, query: str) -> None:
    page = add_operator(fleet_of_two, "olga").get(f"/fleet/?{query}").text
    shown = re.findall(r'name="site" value="(\w+)"', page)

    assert shown == {"text=gree": ["green"], "level=not+set+up": ["red"]}.get(query, ["green", "red"])


def test_what_was_done_is_forgotten_with_the_journal(fleet_of_two: ServedFleet) -> None:
    fleet = fleet_of_two.fleet
    begin_bulk(fleet, BulkAction.SYNC, ["green"], by="olga")
    with fleet.store.begin() as tx:
        tx.exec_driver_sql("UPDATE operation SET began_at = began_at - interval '1096 days'")
    begin_bulk(fleet, BulkAction.PAUSE, ["green"], by="olga")

    assert [one.what for one, _, _ in list_operations(fleet)] == ["pause"]


def test_the_overview_of_a_thousand_sites_takes_a_few_queries(fleet_of_two: ServedFleet) -> None:
    fleet = fleet_of_two.fleet
    with fleet.store.begin() as tx:
        tx.exec_driver_sql(
            "INSERT INTO site SELECT 's' || n, 'Site ' || n, 'none', NULL, '', '0028', now() FROM generate_series(1, 1000) n"
        )
    client = add_operator(fleet_of_two, "olga")
    with counted_statements(fleet_of_two) as statements:
        page = client.get("/fleet/")

    assert "1,002 sites" in page.text
    assert len(statements) < 10, statements


@contextmanager
def counted_statements(served: ServedFleet) -> Iterator[list[str]]:
    statements: list[str] = []
    engine = served.fleet.store._shared

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)


# -- monitoring -------------------------------------------------------------------------------------------------------


def test_ready_says_whether_the_fleets_database_can_be_used(fleet_of_two: ServedFleet) -> None:
    client = fleet_of_two.client(host="10.0.0.7:8321")
    assert client.get("/ready").json() == {"ready": True, "problems": []}

    with fleet_of_two.fleet.store.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["problems"][0].startswith("STORE_OLD")


def test_metrics_need_a_token_of_the_fleet(fleet_of_two: ServedFleet) -> None:
    text = create_token(fleet_of_two.fleet, name="Prometheus", scope=Scope.READ, by="olga")
    statuses = [
        fleet_of_two.client().get("/metrics", headers=headers).status_code
        for headers in ({}, fleet_of_two.bearer("green"), {"Authorization": f"Bearer {text}"})
    ]

    assert statuses == [401, 401, 404], "no process measures anything here"
    assert (
        fleet_of_two.client().get("/s/green/api/openapi.json", headers={"Authorization": f"Bearer {text}"}).status_code
        == 401
    )


def test_the_worst_sites_have_metrics_of_their_own_and_the_others_are_added_up(
    fleet_of_two: ServedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_metrics, "NAMED_MAX", 1)
    metrics = Metrics()
    metrics.registry.register(fleet_metrics.SitesCollector(fleet_of_two.fleet))
    text = metrics.text().decode()

    assert 'mailchimpsync_site_people_due{site="green"} 0.0' in text
    assert 'mailchimpsync_site_people_due{site=""} 0.0' in text
    assert 'site="red"' not in text
    assert 'mailchimpsync_sites{state="not set up"} 1.0' in text
    assert "mailchimpsync_sites_to_upgrade 0.0" in text
