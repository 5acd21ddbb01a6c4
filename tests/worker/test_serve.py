"""The service as whoever installs it meets it: a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import pytest

from mailchimpsync.actions import fetchandreconcile
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import create_token
from mailchimpsync.config import Schedule
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from store.databases import own_database
from support.processes import command
from support.service import LIST_ID, OTHER_LIST, PATIENCE_SECONDS, WEBHOOK_SECRET, Charity, Serve

pytestmark = pytest.mark.thorough

SOON = Schedule(every_minutes=1, jitter_seconds=0)
NEVER = Schedule(enabled=False)


def test_it_syncs_what_is_due_and_says_so(charity: Charity, serve: Serve) -> None:
    charity.make_site(SOON)
    service = serve()

    [line] = service.wait_for(lambda: service.events("run.ends"))

    assert charity.members()["emil@example.org"] == "subscribed"
    assert line["audience"] == LIST_ID
    assert line["changes"] == {"Mailchimp": 1}
    assert "every minute" in service.told()
    assert "public_url isn't set" in service.told()
    assert service.url in service.told()


def test_without_the_schedule_nothing_is_synced_automatically(charity: Charity, serve: Serve) -> None:
    charity.make_site(SOON)
    service = serve("--no-schedule")
    service.wait_for(lambda: service.events("service.begins"))

    time.sleep(3)

    assert charity.runs() == []
    assert "not synced automatically" in service.told()


def _run_once_each(charity: Charity, serve: Serve) -> None:
    charity.make_site(Schedule(every_minutes=60, jitter_seconds=0), links=2)
    one, other = serve(wait=False), serve(wait=False)
    one.wait_for(one.answers)
    other.wait_for(other.answers)
    one.wait_for(lambda: len(one.events("run.ends") + other.events("run.ends")) == 2)

    time.sleep(8)  # whoever found a connection busy has looked again by now

    for audience in (LIST_ID, OTHER_LIST):
        [run] = charity.runs(audience)
        assert run["finished_at"] is not None


def test_two_services_on_one_database_run_each_connection_once_in_a_slot(charity: Charity, serve: Serve) -> None:
    _run_once_each(charity, serve)


@pytest.mark.postgres
def test_two_services_on_a_postgresql_run_each_connection_once_in_a_slot(charity: Charity, serve: Serve) -> None:
    with own_database("postgres") as url:
        charity.database = url
        _run_once_each(charity, serve)


@pytest.mark.mariadb
def test_two_services_on_a_mariadb_run_each_connection_once_in_a_slot(charity: Charity, serve: Serve) -> None:
    with own_database("mariadb") as url:
        charity.database = url
        _run_once_each(charity, serve)


def test_it_stops_within_ten_seconds_with_a_run_and_a_call_under_way_and_goes_on_after(
    charity: Charity, serve: Serve
) -> None:
    charity.make_site(SOON, links=2)
    with charity.site() as site:
        token = create_token(site, name="cron", scope=Scope.RUN, by="ann")
    charity.mailchimp.faults.plant(Fault(FaultKind.DELAY, "GET /3.0/lists/.*/members", times=100, seconds=3))
    service = serve()
    service.wait_for(lambda: len(charity.runs()) == len(charity.runs(OTHER_LIST)) == 1)
    with ThreadPoolExecutor(1) as caller:
        call = caller.submit(
            service.http.post,
            f"{service.url}/api/Mailchimpsync/fetchandreconcile",
            headers={"Authorization": f"Bearer {token}"},
            json={"group_id": 8},
        )
        time.sleep(0.5)

        assert service.stop() == 0

        assert call.result().status_code in {200, 409, 503}
    assert service.events("service.ends")
    assert charity.runs()[0]["finished_at"] is None
    charity.mailchimp.faults.clear()
    again = serve()
    again.wait_for(lambda: charity.members().get("emil@example.org") == "subscribed")
    again.wait_for(lambda: charity.runs()[-1]["finished_at"])
    assert len(charity.runs()) == 1


def test_a_worker_that_is_killed_is_started_again_and_goes_on(charity: Charity, serve: Serve) -> None:
    charity.make_site(NEVER)
    service = serve()
    [first] = service.wait_for(lambda: _workers(service.process.pid))

    os.kill(first, signal.SIGKILL)

    service.wait_for(lambda: [pid for pid in _workers(service.process.pid) if pid != first])
    service.wait_for(service.answers)
    with charity.site() as site:
        site.save(charity.configuration(SOON), "ann")
    service.wait_for(lambda: service.events("run.ends"))


def _workers(arbiter: int) -> list[int]:
    found = subprocess.run(["/usr/bin/pgrep", "-P", str(arbiter)], capture_output=True, text=True, check=False)  # noqa: S603
    return [int(pid) for pid in found.stdout.split()]


def test_a_changed_configuration_needs_no_restart(charity: Charity, serve: Serve) -> None:
    charity.make_site(NEVER)
    service = serve()

    with charity.site() as site:
        site.save(charity.configuration(SOON), "ann")

    service.wait_for(lambda: service.events("run.ends"))


def test_a_webhook_is_handled_within_seconds(charity: Charity, serve: Serve) -> None:
    charity.make_site(NEVER)
    with charity.site() as site:
        fetchandreconcile(site)
    service = serve()
    charity.mailchimp.act(LIST_ID, "bella@example.org", "user", change="unsubscribe")
    form = {
        "type": "unsubscribe",
        "fired_at": "2026-11-20 12:00:00",
        "data[list_id]": LIST_ID,
        "data[email]": "bella@example.org",
    }

    answer = service.http.post(f"{service.url}/webhook/audience", params={"secret": WEBHOOK_SECRET}, data=form)

    assert answer.status_code == 200
    service.wait_for(lambda: service.events("events.handled"))
    assert list(charity.group_members().values()).count("Removed") == 1
    assert WEBHOOK_SECRET not in service.log() + service.told()
    assert "@" not in service.log()
    [line] = [line for line in service.events("request") if line["path"] == "/webhook/audience"]
    assert (line["method"], line["status"]) == ("POST", 200)


def test_without_the_packages_of_the_web_it_says_how_to_install_them(charity: Charity) -> None:
    charity.make_site(NEVER)
    hidden = "import sys; sys.modules['gunicorn'] = None; from mailchimpsync.cli.main import main; main()"

    found = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", hidden, "--home", str(charity.home), "serve"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 7
    assert "pip install '.[web]'" in found.stderr


def test_a_place_to_listen_that_is_none_is_a_mistake(charity: Charity, tmp_path: Path) -> None:
    charity.make_site(NEVER)

    process = command("--home", str(charity.home), "serve", "--listen", "here", place=tmp_path)
    _, complaints = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 2
    assert "--listen" in complaints


def test_metrics_and_readiness_are_told_over_http_and_the_log_names_the_token_only(
    charity: Charity, serve: Serve
) -> None:
    charity.make_site(NEVER)
    with charity.site() as site:
        token = create_token(site, name="prometheus", scope=Scope.READ, by="ann")
    service = serve()

    ready = service.http.get(f"{service.url}/ready")
    metrics = service.http.get(f"{service.url}/metrics", headers={"Authorization": f"Bearer {token}"})

    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert "mailchimpsync_store_up 1.0" in metrics.text
    [line] = service.wait_for(lambda: [line for line in service.events("request") if line["path"] == "/metrics"])
    assert line["token_id"] == 1
    assert token not in service.log()


def test_forty_idle_or_slow_connections_keep_nobody_else_from_being_answered(charity: Charity, serve: Serve) -> None:
    charity.make_site(NEVER)
    service = serve()
    place = "127.0.0.1", int(service.url.rpartition(":")[2])

    with ExitStack() as held:
        for number in range(40):
            slow = held.enter_context(socket.create_connection(place))
            if number % 2:
                slow.sendall(b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n" + b"\r\n{" * (number % 4 == 1))
        for _ in range(4):
            assert service.http.get(f"{service.url}/health", timeout=10).status_code == HTTPStatus.OK
            time.sleep(1)  # the slow ones are cut off meanwhile


def test_it_says_that_it_listens_only_once_it_does(charity: Charity, serve: Serve) -> None:
    charity.make_site(NEVER)
    first = serve()
    port = int(first.url.rpartition(":")[2])
    second = serve(port=port, wait=False)

    assert second.process.wait(timeout=30) != 0

    assert "Listening" in first.told()
    assert "Listening" not in second.told()
