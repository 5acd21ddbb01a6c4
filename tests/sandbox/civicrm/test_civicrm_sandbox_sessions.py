"""Logins and PHP sessions: refusals with their causes, the web server's login, cookies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING

import httpx2
import pytest

from mailchimpsync_sandbox.civicrm import CivicrmSandbox

if TYPE_CHECKING:
    from sandbox.civicrm.conftest import Client

URL = "civicrm/ajax/api4/Contact/get"
KEY = {"X-Civi-Auth": "Bearer sandbox-civicrm-key"}


def _post(client: Client, headers: dict[str, str], auth: tuple[str, str] | None = None) -> httpx2.Response:
    return httpx2.post(f"{client.url}/{URL}", data={"params": "{}"}, headers=headers, auth=auth)


@pytest.mark.parametrize(
    ("header", "key", "says"),
    [
        ("X-Civi-Auth", "nobody's", "HTTP 401 Invalid credential"),
        ("X-Civi-Auth", "no-guard", "HTTP 401 Login not permitted. Must satisfy guard (site_key, perm)."),
        (
            "Authorization",
            "sandbox-civicrm-key",
            'HTTP 401 Authentication type "api_key" with flow "header" is not allowed for this principal.',
        ),
    ],
)
def test_a_refused_login_says_which_of_three_causes_it_has(
    sandbox: CivicrmSandbox, client: Client, header: str, key: str, says: str
) -> None:
    sandbox.add_user("no-guard", ["access CiviCRM", "view all contacts"])
    sandbox.set_options(key_flows=["xheader"])
    response = _post(client, {header: f"Bearer {key}"})
    assert (response.status_code, response.text) == (401, says)
    assert response.headers["content-type"] == "text/plain;charset=UTF-8"


def test_a_web_server_with_a_login_of_its_own_asks_for_it_first(sandbox: CivicrmSandbox, client: Client) -> None:
    sandbox.set_options(web_login="web:secret")
    asked = _post(client, KEY)
    assert (asked.status_code, asked.headers["www-authenticate"]) == (401, 'Basic realm="Restricted"')
    assert asked.headers["content-type"].startswith("text/html")
    assert _post(client, KEY, auth=("web", "wrong")).status_code == 401
    assert _post(client, KEY, auth=("web", "secret")).status_code == 200
    assert _post(client, {}, auth=("web", "secret")).text == "HTTP 401 Invalid credential"


def test_an_answer_to_a_request_without_a_cookie_starts_a_session(sandbox: CivicrmSandbox, client: Client) -> None:
    first = _post(client, KEY)
    cookie = first.headers["set-cookie"].partition(";")[0]
    second = _post(client, {**KEY, "Cookie": cookie})
    assert cookie.startswith("PHPSESSID=")
    assert "set-cookie" not in second.headers
    assert (sandbox.log.total, sandbox.log.with_cookie) == (2, 1)
    assert [one["with_cookie"] for one in client.control("log", {})["requests"]] == [False, True]


@pytest.mark.parametrize(("cookie", "waits_seconds", "at_once"), [("PHPSESSID=one", 0.2, False), (None, 30, True)])
def test_requests_of_one_session_wait_for_each_other(
    sandbox: CivicrmSandbox,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    cookie: str | None,
    waits_seconds: float,
    at_once: bool,
) -> None:
    meeting, met = Barrier(2, timeout=waits_seconds), []

    def meet(_seconds: float) -> None:
        with suppress(BrokenBarrierError):
            met.append(meeting.wait())

    monkeypatch.setattr("mailchimpsync_sandbox.civicrm.app.time.sleep", meet)
    sandbox.set_options(page_cost_seconds=1)
    headers = {**KEY, "Cookie": cookie} if cookie else KEY
    with ThreadPoolExecutor(max_workers=2) as pool:
        statuses = list(pool.map(lambda _number: _post(client, headers).status_code, range(2)))
    assert statuses == [200, 200]
    assert (len(met) == 2) is at_once
