"""The CiviCRM client finds the URL pattern, reads recorded responses, and handles errors."""

from __future__ import annotations

import base64
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import httpx2
import pytest

from clients.conftest import Script
from mailchimpsync.civicrm import CivicrmClient, Result, succeeded
from mailchimpsync.civicrm.http.client import DATABASE_TRIES_MAX
from mailchimpsync.errors import AccessError, Code, ConfigurationError, RefusedError, RemoteError, TransientError
from mailchimpsync.runtime import Deadline
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served
from support.recording import Exchange, exchanges

if TYPE_CHECKING:
    from clients.conftest import CivicrmSays, FakeClock

HTML = httpx2.Response(200, text="<style>body {}</style><p>Sorry</p>", headers={"Content-Type": "text/html"})
ONE = httpx2.Response(200, json={"values": [{"id": 1}], "entity": "Contact", "action": "get", "version": 4, "count": 1})
CONTACT_1 = {"select": ["id"], "limit": 1}


def recorded() -> list[Exchange]:
    every = [*exchanges("6.13"), *exchanges("6.17")]
    rows = [one for one in every if "index" not in one["request"]["form"]]  # rows by key are never requested
    return [one for one in rows if not re.search(r"/Custom_\w+/delete", one["request"]["path"])]  # ids, read as such


def error_of(client: CivicrmClient, action: str = "get", **more: Any) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        client.call("Contact", action, CONTACT_1, **more)
    return caught.value


@pytest.mark.parametrize("exchange", recorded(), ids=lambda exchange: exchange["note"])
def test_every_recorded_answer_is_read_or_becomes_a_typed_error(exchange: Exchange, civicrm_says: CivicrmSays) -> None:
    status, body = exchange["response"]["status"], exchange["response"]["json"]
    page = body.get("_not_json") if isinstance(body, dict) else None
    client, script = civicrm_says(httpx2.Response(status, text=json.dumps(body) if page is None else page))
    if (status == HTTPStatus.OK and page is None) or ("calls" in exchange["request"]["form"] and status in {403, 500}):
        _is_read(client, exchange)
        return
    kinds: dict[int, type[RemoteError]] = {401: AccessError, 403: AccessError, 200: TransientError}
    kind = kinds.get(status, RefusedError)
    *_, entity, action = exchange["request"]["path"].split("/")
    with pytest.raises(kind) as caught:
        client.call(entity, action, {})
    assert caught.value.status == (0 if status == HTTPStatus.OK else status)
    unnamed = status == HTTPStatus.INTERNAL_SERVER_ERROR and body["error_code"] == "1"
    tries = 6 if kind is TransientError else DATABASE_TRIES_MAX if unnamed else 1
    assert len(script.requests) == (tries if action.startswith("get") else 1)


def _is_read(client: CivicrmClient, exchange: Exchange) -> None:
    """Check that the client reads a recorded response correctly, in one call or in several."""
    body, calls = exchange["response"]["json"], exchange["request"]["form"].get("calls")
    if calls is None:
        *_, entity, action = exchange["request"]["path"].split("/")
        assert client.call(entity, action, {}) == _rows(body)
        return
    results = client.multi({name: tuple(call) for name, call in calls.items()})
    answers = body if isinstance(body, dict) else dict(zip(calls, body, strict=True))
    for name, answer in answers.items():
        result = results[name]
        assert isinstance(result, RemoteError) if "error_message" in answer else _values(result) == _rows(answer)


def _values(result: Result | RemoteError) -> list[dict[str, Any]]:
    return succeeded(result).values


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a response; an empty list is a row without keys."""
    return [row or {} for row in answer["values"]]


def test_with_the_smallest_permissions_an_error_has_no_words_and_is_tried_again_though_not_for_ever(
    clock: FakeClock,
) -> None:
    app = CivicrmSandbox(api_key="s3cret", permissions="smallest")
    with Served(app) as served:
        client = CivicrmClient(served.url, "s3cret", clock.runtime)
        app.fail_database("^Contact get$", skip=1)
        assert client.call("Contact", "get", CONTACT_1) == [{"id": 1}]
        app.fail_database("^Contact get$")
        assert succeeded(client.multi({"a": ("Contact", "get", CONTACT_1)})["a"]).values == [{"id": 1}]
        app.fail_database("^Contact get$", times=DATABASE_TRIES_MAX)
        with pytest.raises(RefusedError, match="only its log names"):
            client.call("Contact", "get", CONTACT_1)
    app.close()


def test_a_call_is_a_post_with_the_key_and_one_form_field(civicrm_says: CivicrmSays) -> None:
    client, script = civicrm_says(ONE)
    assert client.call("Contact", "get", {"where": [["first_name", "=", "Zoë & 😀"]]}) == [{"id": 1}]
    request = script.requests[0]
    assert (request.method, str(request.url)) == ("POST", "https://charity.test/civicrm/ajax/api4/Contact/get")
    assert request.headers["X-Civi-Auth"] == "Bearer s3cret"
    assert request.headers["X-Requested-With"] == "XMLHttpRequest"
    form = parse_qs(request.content.decode())
    assert [json.loads(value) for value in form["params"]] == [{"where": [["first_name", "=", "Zoë & 😀"]]}]


def test_no_cookie_is_sent_back_so_that_the_requests_of_one_session_do_not_wait_for_each_other(
    civicrm_says: CivicrmSays,
) -> None:
    session = {"Set-Cookie": "PHPSESSID=abc123; path=/"}
    client, script = civicrm_says(httpx2.Response(200, json={"values": [{"id": 1}]}, headers=session))
    client.call("Contact", "get", CONTACT_1)
    client.call("Contact", "get", CONTACT_1)
    assert [request.headers.get("Cookie") for request in script.requests] == [None, None]


@pytest.mark.parametrize(
    ("form", "sign"),
    [
        ("clean", "/civicrm/ajax/api4/{entity}/{action}"),
        ("wordpress", "/?civiwp=CiviCRM&q=civicrm/ajax/api4/{entity}/{action}"),
        (
            "query",
            "/?civiwp=CiviCRM&q=civicrm/ajax/api4/{entity}/{action}",
        ),  # such a site ignores unknown parameters
        ("joomla", "/index.php?option=com_civicrm&task=civicrm/ajax/api4/{entity}/{action}"),
    ],
)
def test_the_form_of_url_is_found_and_can_be_given_next_time(form: str, sign: str, clock: FakeClock) -> None:
    sandbox = CivicrmSandbox(api_key="s3cret", url_forms=[form])
    with Served(sandbox) as served:
        with CivicrmClient(f"{served.url}/", "s3cret", clock.runtime) as client:
            assert client.count("Contact", []) == 2
            assert client.pattern == served.url + sign
            saved = client.pattern
        with CivicrmClient(served.url, "s3cret", clock.runtime, pattern=saved) as client:
            sandbox.log.clear()
            results = client.multi({"a": ("Contact", "get", CONTACT_1), "b": ("Group", "nonsense", {})})
            assert sandbox.log.total == 1
    assert isinstance(results["a"], Result)
    assert isinstance(results["b"], RefusedError)
    assert clock.slept == []


@pytest.mark.parametrize("status", [200, 301, 404])
def test_a_site_without_civicrm_tells_what_was_tried(status: int, clock: FakeClock) -> None:
    sandbox = CivicrmSandbox(url_forms=["joomla"])
    sandbox.set_options(html_status=status)
    with (
        Served(sandbox) as served,
        CivicrmClient(f"{served.url}/blog", "s3cret", clock.runtime) as client,
        pytest.raises(ConfigurationError) as caught,
    ):
        client.call("Contact", "get", CONTACT_1)
    assert caught.value.code is Code.CV_NOT_FOUND
    assert f"{served.url}/blog/?q=civicrm/ajax/api4/{{entity}}/{{action}} answered {status}" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_site_that_is_down_is_not_taken_for_one_without_civicrm(clock: FakeClock) -> None:
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(503, text="maintenance"))
    with (
        CivicrmClient("https://charity.test", "s3cret", clock.runtime, transport=transport) as client,
        pytest.raises(TransientError) as caught,
    ):
        client.call("Contact", "get", CONTACT_1)
    assert caught.value.code is Code.CV_UNAVAILABLE


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("HTTP 401 Invalid credential", Code.CV_AUTH),
        ("HTTP 401 Login not permitted. Must satisfy guard (site_key, perm).", Code.CV_AUTH_GUARD),
        (
            'HTTP 401 Authentication type "api_key" with flow "xheader" is not allowed for this principal.',
            Code.CV_AUTH_METHOD,
        ),
    ],
)
def test_a_refused_login_tells_which_of_three_causes_it_has(said: str, code: Code, civicrm_says: CivicrmSays) -> None:
    client, script = civicrm_says(httpx2.Response(401, text=said))
    error = error_of(client)
    assert (error.code, error.status, error.detail) == (code, 401, said)
    assert len(script.requests) == 1


BASIC = httpx2.Response(401, text="<h1>401</h1>", headers={"WWW-Authenticate": 'Basic realm="staging"'})


def test_a_web_server_that_wants_a_password_of_its_own_is_not_taken_for_a_wrong_key(civicrm_says: CivicrmSays) -> None:
    client, _ = civicrm_says(BASIC)
    error = error_of(client)
    assert (error.code, error.detail) == (Code.CV_WEB_SERVER, "")
    assert "in front of CiviCRM" in error.what


def test_the_web_servers_user_and_password_go_beside_the_key(clock: FakeClock) -> None:
    script = Script([ONE, BASIC])
    pattern = "/civicrm/ajax/api4/{entity}/{action}"
    with CivicrmClient(
        "https://charity.test",
        "s3cret",
        clock.runtime,
        pattern=pattern,
        web_server=("web", "pass:word"),
        transport=script.transport,
    ) as client:
        assert client.call("Contact", "get", CONTACT_1) == [{"id": 1}]
        headers = script.requests[0].headers
        assert headers["Authorization"] == "Basic " + base64.b64encode(b"web:pass:word").decode()
        assert headers["X-Civi-Auth"] == "Bearer s3cret"
        error = error_of(client)
    assert (error.code, error.what) == (Code.CV_WEB_SERVER, "The web server does not accept its user and password")


def test_a_wrong_key_is_told_before_other_forms_are_tried(clock: FakeClock) -> None:
    sandbox = CivicrmSandbox(api_key="s3cret")
    with Served(sandbox) as served, CivicrmClient(served.url, "wrong", clock.runtime) as client:
        assert error_of(client).code is Code.CV_AUTH
        assert sandbox.log.total == 1


@pytest.mark.parametrize("url", ["", "charity.test", "ftp://charity.test", "https://", "https://me:pw@charity.test"])
def test_what_is_no_address_of_a_site_is_refused(url: str, clock: FakeClock) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CivicrmClient(url, "s3cret", clock.runtime)
    assert caught.value.code is Code.CV_NOT_FOUND


@pytest.mark.parametrize("pattern", ["/civicrm", "/{entity}", "/{action}/{entity}"])
def test_a_pattern_without_its_places_is_refused(pattern: str, clock: FakeClock) -> None:
    with pytest.raises(ConfigurationError):
        CivicrmClient("https://charity.test", "s3cret", clock.runtime, pattern=pattern)


@pytest.mark.parametrize(
    "trouble",
    [
        HTML,
        httpx2.Response(200),
        httpx2.Response(200, text='{"values": [{"id'),
        httpx2.Response(200, json={"count": 1}),
        httpx2.Response(301, headers={"Location": "https://www.charity.test/"}),
        httpx2.Response(403, text="<html>firewall</html>"),
        httpx2.Response(429),
        httpx2.Response(500, text="<html>fatal</html>"),
        httpx2.Response(504),
        httpx2.ReadTimeout("slow"),
        httpx2.RemoteProtocolError("cut"),
        httpx2.ConnectError("refused"),
    ],
    ids=str,
)
def test_a_read_is_tried_again_and_a_write_that_may_have_arrived_is_not(
    trouble: httpx2.Response | Exception, civicrm_says: CivicrmSays
) -> None:
    client, script = civicrm_says(trouble, ONE)
    assert client.call("Contact", "get", CONTACT_1) == [{"id": 1}]
    assert len(script.requests) == 2

    client, script = civicrm_says(trouble, ONE)
    surely_not_done = isinstance(trouble, httpx2.ConnectError) or getattr(trouble, "status_code", 0) == 429
    if surely_not_done:
        assert client.call("Contact", "save", {}) == [{"id": 1}]
    else:
        error = error_of(client, "save")
        assert isinstance(error, TransientError)
        assert error.work_may_be_done
        assert len(script.requests) == 1

    client, script = civicrm_says(trouble, ONE)
    assert client.call("Contact", "save", {}, idempotent=True) == [{"id": 1}]


def test_an_error_of_the_api_is_told_at_once_without_addresses(civicrm_says: CivicrmSays, clock: FakeClock) -> None:
    problem = {"error_id": "Gh5S", "error_code": 0, "error_message": "No wilma@bedrock.org here", "status": 500}
    client, script = civicrm_says(httpx2.Response(500, json=problem))
    error = error_of(client)
    assert (error.code, error.status) == (Code.CV_API, 500)
    assert error.detail == "No … here (error id Gh5S)"
    assert (len(script.requests), clock.slept) == (1, [])


def test_no_wait_goes_beyond_the_end_of_the_run(civicrm_says: CivicrmSays, clock: FakeClock) -> None:
    client, script = civicrm_says(httpx2.Response(503, headers={"Retry-After": "30"}))
    client.deadline = Deadline.after(clock.runtime, 20)
    assert isinstance(error_of(client), TransientError)
    assert (len(script.requests), clock.slept) == (1, [])


@pytest.mark.parametrize(
    "answer",
    [
        {"a": {"values": []}},
        {"a": {"values": []}, "b": {"count": 1}},
        {"a": {"values": []}, "b": {"values": {"1": {}}}},
        {"a": {"values": []}, "b": {"values": [1]}},
    ],
    ids=str,
)
def test_a_result_of_a_multi_call_that_is_missing_is_odd(answer: dict[str, Any], civicrm_says: CivicrmSays) -> None:
    client, _ = civicrm_says(httpx2.Response(200, json=answer))
    found = client.multi({"a": ("Contact", "get", {}), "b": ("Group", "get", {})})
    assert found["a"] == Result([])
    with pytest.raises(TransientError) as caught:
        succeeded(found["b"])
    assert caught.value.code is Code.CV_ODD_ANSWER


def test_a_count_without_a_count_is_odd(civicrm_says: CivicrmSays) -> None:
    client, _ = civicrm_says(ONE)
    with pytest.raises(TransientError, match="without a count"):
        client.count("Contact", [])
