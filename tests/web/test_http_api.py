"""The actions over HTTP: `POST /api/{Entity}/{action}`."""

from __future__ import annotations

import http.client
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

import mailchimpsync.actions  # noqa: F401 (registers the actions)
from mailchimpsync.actions.api.description import ACTIONS, Scope
from mailchimpsync.errors import (
    AccessError,
    BusyError,
    Code,
    ConfigurationError,
    ConfirmationError,
    EvidenceError,
    LeaseLostError,
    MailchimpsyncError,
    RefusedError,
    StoreError,
    TransientError,
    UsageError,
)
from mailchimpsync.store.runs import runs
from web.conftest import LIST, ApiService, Serve

STATUS = "/api/Mailchimpsync/getstatus"


def instead(monkeypatch: pytest.MonkeyPatch, title: str, function: Callable[..., Any]) -> None:
    """Let an action be another function."""
    helpers = frozenset(inspect.signature(function).parameters)
    made = replace(ACTIONS[title], function=function, present=lambda values: values, helpers=helpers)
    monkeypatch.setitem(ACTIONS, title, made)


def failing(error: Exception) -> Callable[..., Any]:
    def function(_site: object, **_parameters: object) -> None:
        raise error

    return function


# -- actions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", sorted(ACTIONS))
def test_every_action_has_a_route_that_needs_its_scope_and_names_what_it_does_not_know(
    api_service: ApiService, title: str
) -> None:
    path = f"/api/{title.replace('.', '/')}"

    for scope in Scope:
        answer = api_service.post(path, {"no_such_parameter": 1}, scope=scope)
        allowed = scope.includes(ACTIONS[title].scope)

        assert answer.status_code == (400 if allowed else 403), answer.text
        assert answer.json()["error_code"] == ("USAGE" if allowed else "SCOPE")
        if allowed:
            assert "no_such_parameter" in answer.json()["error_message"]
    assert api_service.post(path, scope=None).status_code == 401
    wrong = api_service.get(path, scope=Scope.CONFIGURE)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert wrong.json()["error_message"].startswith("This address takes POST, not GET.")


def test_an_action_answers_in_the_envelope_of_civicrm(api_service: ApiService) -> None:
    answer = api_service.post(STATUS, scope=Scope.READ)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    content = answer.json()
    assert (content["is_error"], content["version"], content["count"]) == (0, 3, 1)
    assert list(content["values"]) == [LIST]


def test_a_run_by_http_syncs_and_shows_in_the_cache(api_service: ApiService) -> None:
    done = api_service.post("/api/Mailchimpsync/fetchandreconcile", {"max_time": 60}, scope=Scope.RUN)
    rows = api_service.post("/api/MailchimpsyncCache/get", {"mailchimp_list_id": LIST}, scope=Scope.READ).json()

    assert (done.status_code, done.json()["is_error"]) == (200, 0), done.text
    assert [row["civicrm_contact_id"] for row in rows["values"]] == [11]


def test_an_empty_body_means_no_parameters(api_service: ApiService) -> None:
    answer = api_service.client.post(STATUS, headers=api_service.bearer(Scope.READ))

    assert answer.status_code == 200


def test_rows_are_a_list_unless_the_call_wants_them_by_id(api_service: ApiService) -> None:
    api_service.post("/api/Mailchimpsync/fetchandreconcile", scope=Scope.RUN)

    found = api_service.post("/api/MailchimpsyncCache/get", {"mailchimp_list_id": LIST, "sequential": 0}).json()

    assert list(found["values"]) == [str(row["id"]) for row in found["values"].values()]


def test_a_change_of_the_configuration_counts_for_the_next_call(serve: Serve) -> None:
    api_service = serve()
    configuration = api_service.site.configuration
    [link] = configuration.connections
    api_service.site.save(configuration.model_copy(update={"connections": ()}), "Ann")
    assert api_service.post(STATUS).json()["is_error"] == 1

    api_service.site.save(configuration.model_copy(update={"connections": (link,)}), "Ann")
    assert api_service.post(STATUS).json()["count"] == 1


# -- what is refused --------------------------------------------------------------------------------------------------


def test_an_unknown_action_is_reported_to_a_caller_with_a_token(api_service: ApiService) -> None:
    answer = api_service.post("/api/Mailchimpsync/explode", scope=Scope.READ)

    assert (answer.status_code, answer.json()["error_code"]) == (404, "UNKNOWN")
    assert "MailchimpsyncCache.get" in answer.json()["error_message"]
    assert api_service.post("/api/Mailchimpsync/explode", scope=None).status_code == 401


def test_a_name_in_other_letters_is_told_the_right_ones(api_service: ApiService) -> None:
    answer = api_service.post("/api/mailchimpsync/GetStatus")

    assert answer.status_code == 400
    assert "/api/Mailchimpsync/getstatus" in answer.json()["error_message"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b"{}", "", 415),
        (b"{}", "application/json; charset=utf-8", 200),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'"group_id"', "application/json", 400),
        (b'{"group_id": NaN}', "application/json", 400),
        (b'{"group_id": "\\ud800"}', "application/json", 400),
        (b'{"group_id": 1e999}', "application/json", 400),
        (b'{"group_id": ' + b"9" * 5_000 + b"}", "application/json", 400),
        (b'{"group_id":' * 5_000 + b"1" + b"}" * 5_000, "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    api_service: ApiService, body: bytes, content_type: str, status: int
) -> None:
    headers = {**api_service.bearer(Scope.READ), "Content-Type": content_type}
    answer = api_service.client.post(STATUS, content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert len(answer.content) < 2_000


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api_service: ApiService) -> None:
    with raw(api_service, "POST", STATUS, {"Content-Length": "2500001", **api_service.bearer(Scope.READ)}) as answer:
        assert answer.status == 413


def test_a_body_of_unknown_length_is_refused_since_it_would_be_taken_for_empty(api_service: ApiService) -> None:
    with raw(api_service, "POST", STATUS, {"Transfer-Encoding": "chunked", **api_service.bearer(Scope.READ)}) as answer:
        assert answer.status == 411


@contextmanager
def raw(api_service: ApiService, method: str, path: str, headers: dict[str, str]) -> Iterator[http.client.HTTPResponse]:
    """Send headers only."""
    connection = http.client.HTTPConnection(urlsplit(api_service.url).netloc, timeout=10)
    connection.putrequest(method, path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    yield connection.getresponse()
    connection.close()


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("The date can't be read."), 400),
        (ConfigurationError("No CiviCRM site is configured."), 400),
        (UsageError("There is no row 7.", code=Code.UNKNOWN), 404),
        (BusyError(Code.BUSY, "Another run is at work."), 409),
        (LeaseLostError(Code.LEASE_LOST, "Another run has taken over."), 409),
        (ConfirmationError("7 rows would be deleted."), 409),
        (AccessError(Code.MC_AUTH, "Mailchimp does not accept the key."), 502),
        (RefusedError(Code.CV_API, "CiviCRM refused."), 502),
        (EvidenceError(Code.CV_NO_PERMISSION, "CiviCRM shows nobody."), 502),
        (TransientError(Code.MC_UNAVAILABLE, "Mailchimp can't be reached."), 503),
        (StoreError(Code.STORE_LOCKED, "The database is locked."), 503),
        (ConfigurationError("The key file is missing.", code=Code.SECRET), 500),
    ],
    ids=lambda value: value.code.value if isinstance(value, MailchimpsyncError) else None,
)
def test_an_error_has_the_status_of_its_kind_and_says_what_to_do(
    api_service: ApiService, monkeypatch: pytest.MonkeyPatch, error: MailchimpsyncError, status: int
) -> None:
    instead(monkeypatch, "Mailchimpsync.getstatus", failing(error))

    answer = api_service.post(STATUS)

    assert answer.status_code == status
    assert answer.json()["error_code"] == error.code
    assert answer.json()["error_message"].startswith(error.what)


def test_a_mistake_of_the_program_says_nothing_of_what_it_was_about(
    api_service: ApiService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    instead(monkeypatch, "Mailchimpsync.getstatus", failing(RuntimeError("bella@example.org, key fedcba98" * 1_000)))

    answer = api_service.post(STATUS)

    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL")
    assert len(answer.content) < 1_000
    assert "bella" not in answer.text + caplog.text
    assert "RuntimeError, raised in function:" in caplog.text


# -- several at once --------------------------------------------------------------------------------------------------


@pytest.fixture
def long_call(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A getstatus that waits until the event is set, or the service stops."""
    go_on = threading.Event()

    def function(_site: object, stop: Callable[[], bool] = lambda: False, **_parameters: object) -> str:
        while not (go_on.wait(0.02) or stop()):
            pass
        return "stopped" if stop() else "went on"

    instead(monkeypatch, "Mailchimpsync.getstatus", function)
    yield go_on
    go_on.set()


def test_long_calls_leave_room_for_webhooks_and_health(api_service: ApiService, long_call: threading.Event) -> None:
    answers: list[httpx2.Response] = []
    callers = [threading.Thread(target=lambda: answers.append(api_service.post(STATUS))) for _ in range(6)]
    for one in callers:
        one.start()
    for _ in range(400):
        if len(answers) == 2:
            break
        time.sleep(0.05)

    assert [answer.status_code for answer in answers] == [429, 429]
    assert "Retry-After" in answers[0].headers
    assert api_service.client.post(f"/webhook/batch?secret={api_service.webhook_secret}").status_code == 200
    long_call.set()
    for one in callers:
        one.join(timeout=10)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 429, 429]


def test_a_service_that_stops_takes_its_calls_along(serve: Serve, long_call: threading.Event) -> None:
    api_service = serve(stop=lambda: True)

    assert api_service.post(STATUS).json()["values"] == "stopped"


def test_a_failed_sync_is_an_error_by_both_forms(api_service: ApiService) -> None:
    with api_service.site.store.begin() as tx:
        lease = runs.acquire_lease(tx, LIST, "somebody else")
    try:
        by_http = api_service.post("/api/Mailchimpsync/fetchandreconcile", scope=Scope.RUN)
        by_rest = api_service.rest({"entity": "Mailchimpsync", "action": "fetchandreconcile"})
    finally:
        with api_service.site.store.begin() as tx:
            runs.release_lease(tx, lease)

    assert (by_http.status_code, by_rest.status_code) == (409, 200)
    for answer in (by_http.json(), by_rest.json()):
        assert (answer["is_error"], answer["error_code"]) == (1, "BUSY")
        assert answer["values"][0]["error_code"] == "BUSY"
