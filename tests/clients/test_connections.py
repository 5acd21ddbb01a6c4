"""Failed connections are reported with their cause, using real sockets; and no request takes longer than the time left."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from time import sleep
from typing import TYPE_CHECKING

import httpx2
import pytest

from clients.conftest import KEY
from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.errors import REGISTRY, AccessError, Code, RemoteError, Retry, TransientError
from mailchimpsync.http import GRACE_SECONDS_OF_A_CHANGE, LEAST_SECONDS
from mailchimpsync.mailchimp import MailchimpClient, account
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served
from support.certificates import make_certificate

if TYPE_CHECKING:
    from pathlib import Path

    from clients.conftest import CivicrmSays, FakeClock, MailchimpSays

PATTERN = "/civicrm/ajax/api4/{entity}/{action}"
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"values": []}'
Ask = Callable[[str, "FakeClock"], object]


def ask_civicrm(url: str, clock: FakeClock) -> object:
    with CivicrmClient(url, "s3cret", clock.runtime, pattern=PATTERN, attempts_max=2) as client:
        return client.call("Contact", "get", {"limit": 1})


def ask_mailchimp(url: str, clock: FakeClock) -> object:
    with MailchimpClient(KEY, clock.runtime, base_url=url, attempts_max=2) as client:
        return account(client)


both_sides = pytest.mark.parametrize(("ask", "side"), [(ask_civicrm, "CV"), (ask_mailchimp, "MC")], ids=["CV", "MC"])


def error_of(ask: Ask, url: str, clock: FakeClock) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        ask(url, clock)
    return caught.value


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve on a separate port; each connection is passed to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    answer(connection)

        Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@both_sides
def test_a_name_that_nobody_knows_may_pass_and_says_what_to_look_at(ask: Ask, side: str, clock: FakeClock) -> None:
    error = error_of(ask, "http://crm.charity.invalid", clock)
    assert (error.code, isinstance(error, TransientError)) == (f"{side}_UNKNOWN_NAME", True)


@both_sides
def test_a_port_where_nobody_listens_may_pass_and_says_what_to_look_at(ask: Ask, side: str, clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = error_of(ask, f"http://127.0.0.1:{port}", clock)
    assert (error.code, isinstance(error, TransientError)) == (f"{side}_NOBODY_LISTENS", True)
    assert "Nothing listens" in error.what
    assert not error.remedy.startswith("Nothing")


@both_sides
def test_a_certificate_that_is_not_trusted_does_not_pass_by_waiting(
    ask: Ask, side: str, clock: FakeClock, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(make_certificate(tmp_path))

    def shake_hands(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as encrypted:
            try:
                encrypted.do_handshake()
            except OSError:
                return

    with listening(shake_hands) as port:
        error = error_of(ask, f"https://127.0.0.1:{port}", clock)
    assert (error.code, isinstance(error, AccessError)) == (f"{side}_CERTIFICATE", True)
    assert REGISTRY[error.code].retry is Retry.NEVER
    assert clock.slept == []


@both_sides
def test_https_where_http_is_spoken_does_not_pass_by_waiting(ask: Ask, side: str, clock: FakeClock) -> None:
    with Served(CivicrmSandbox(api_key="s3cret")) as served:
        error = error_of(ask, served.url.replace("http://", "https://"), clock)
    assert (error.code, isinstance(error, AccessError)) == (f"{side}_WRONG_PROTOCOL", True)
    assert clock.slept == []


def test_http_where_https_is_spoken_is_told_so_before_other_forms_of_url_are_tried(clock: FakeClock) -> None:
    page = httpx2.Response(400, text="<h1>400</h1><center>The plain HTTP request was sent to HTTPS port</center>")
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return page

    transport = httpx2.MockTransport(answer)
    with (
        CivicrmClient("http://charity.test:443", "s3cret", clock.runtime, transport=transport) as client,
        pytest.raises(AccessError) as caught,
    ):
        client.call("Contact", "get", {"limit": 1})
    assert (caught.value.code, len(asked)) == (Code.CV_WRONG_PROTOCOL, 1)


@pytest.mark.parametrize(
    ("status", "text"),
    [(502, "<h1>Bad gateway</h1>"), (503, "<h1>Down</h1>"), (200, "<h1>Site under Maintenance</h1>")],
)
def test_a_page_about_a_fault_that_passes_is_not_taken_for_an_address_without_civicrm(
    status: int, text: str, clock: FakeClock
) -> None:
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(status, text=text))
    with (
        CivicrmClient("https://charity.test", "s3cret", clock.runtime, transport=transport) as client,
        pytest.raises(TransientError) as caught,
    ):
        client.call("Contact", "get", {"limit": 1})
    assert caught.value.code is Code.CV_UNAVAILABLE


def test_a_request_is_given_no_more_time_than_is_left(
    civicrm_says: CivicrmSays, mailchimp_says: MailchimpSays, clock: FakeClock
) -> None:
    civicrm, asked = civicrm_says(httpx2.Response(200, json={"values": [{"id": 1}]}))
    mailchimp, told = mailchimp_says(httpx2.Response(200, json={"account_id": "a", "account_name": "b", "role": "c"}))
    civicrm.deadline = mailchimp.deadline = Deadline.after(clock.runtime, 30)
    civicrm.call("Contact", "get", {})
    account(mailchimp)
    clock.time += timedelta(seconds=25)
    civicrm.call("Contact", "get", {})
    account(mailchimp)
    clock.time += timedelta(seconds=25)
    civicrm.call("Contact", "get", {})
    civicrm.call("Contact", "save", {"records": []})
    waits = [request.extensions["timeout"]["read"] for request in (*asked.requests, *told.requests)]
    assert waits == [30, 5, LEAST_SECONDS, LEAST_SECONDS, 30, 5]


def test_what_is_begun_when_someone_wants_to_stop_is_short_and_a_change_is_given_more(
    civicrm_says: CivicrmSays, clock: FakeClock
) -> None:
    client, asked = civicrm_says(httpx2.Response(200, json={"values": [{"id": 1}]}))
    client.deadline = Deadline.after(clock.runtime, 300, stop=lambda: True)
    client.call("Contact", "get", {})
    client.call("Contact", "save", {"records": []})
    assert [one.extensions["timeout"]["read"] for one in asked.requests] == [LEAST_SECONDS, GRACE_SECONDS_OF_A_CHANGE]


def test_someone_who_waits_is_spared_retries_and_a_slow_answer_has_its_time(
    civicrm_says: CivicrmSays, clock: FakeClock
) -> None:
    client, script = civicrm_says(httpx2.Response(503))
    client.patience = Deadline.after(clock.runtime, 1)
    with pytest.raises(TransientError):
        client.call("Contact", "get", {})
    assert len(script.requests) <= 2
    assert script.requests[0].extensions["timeout"]["read"] == 130


def test_without_a_deadline_a_request_has_the_usual_time(civicrm_says: CivicrmSays) -> None:
    client, script = civicrm_says(httpx2.Response(200, json={"values": []}))
    client.call("Contact", "get", {})
    assert script.requests[0].extensions["timeout"] == {"connect": 10, "read": 130, "write": 130, "pool": 600}


def test_a_server_that_takes_a_request_and_never_answers_does_not_keep_a_call_beyond_its_time() -> None:
    with (
        listening(_swallow) as port,
        CivicrmClient(f"http://127.0.0.1:{port}", "s3cret", Runtime(), pattern=PATTERN) as client,
    ):
        client.deadline = Deadline.after(client.runtime, 0.5)
        with pytest.raises(TransientError) as caught:
            client.call("Contact", "get", {})
    assert caught.value.code is Code.CV_UNAVAILABLE


def test_a_server_that_sends_a_byte_now_and_then_does_not_keep_a_call_beyond_its_time() -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(4_096)
        with suppress(ConnectionError):
            for byte in ANSWER.replace(b"\r\n\r\n", b"\r\nX-More: and more" * 10 + b"\r\n\r\n"):
                connection.sendall(bytes([byte]))
                sleep(0.05)

    with _asking(drip, Deadline.after(Runtime(), 0.5)) as caught:
        pass
    assert caught.value.code is Code.CV_UNAVAILABLE


def test_a_request_that_waits_for_its_answer_ends_once_someone_wants_to_stop() -> None:
    asked = Event()

    def hang(connection: socket.socket) -> None:
        """Respond after twenty seconds, unless the client hangs up."""
        connection.recv(4_096)
        asked.set()
        connection.settimeout(20)
        try:
            while connection.recv(4_096):
                pass
        except TimeoutError:
            connection.sendall(ANSWER)
        except ConnectionError:
            return

    with _asking(hang, Deadline.after(Runtime(), None, stop=asked.is_set)) as caught:
        pass
    assert caught.value.code is Code.OUT_OF_TIME


def test_requests_go_through_the_proxy_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        asked.append(connection.recv(4_096))
        connection.sendall(ANSWER)

    with listening(answer) as port:
        monkeypatch.setenv("http_proxy", f"http://user:secret@127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        with CivicrmClient("http://crm.example.org", "s3cret", Runtime(), pattern=PATTERN) as client:
            client.call("Contact", "get", {"limit": 1})
    assert asked[0].startswith(b"POST http://crm.example.org/civicrm/ajax/api4/Contact/get HTTP/1.1")
    assert b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in asked[0]


def test_hosts_that_the_environment_exempts_are_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(4_096)
        connection.sendall(ANSWER)

    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with (
        listening(answer) as port,
        CivicrmClient(f"http://127.0.0.1:{port}", "s3cret", Runtime(), pattern=PATTERN) as client,
    ):
        assert client.call("Contact", "get", {"limit": 1}) == []


def test_a_proxy_that_never_answers_does_not_keep_a_call_beyond_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(_swallow) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        with CivicrmClient("https://crm.example.org", "s3cret", Runtime(), pattern=PATTERN) as client:
            client.deadline = Deadline.after(client.runtime, 0.5)
            with pytest.raises(TransientError) as caught:
                client.call("Contact", "get", {})
    assert caught.value.code is Code.CV_UNAVAILABLE


@contextmanager
def _asking(
    answer: Callable[[socket.socket], None], deadline: Deadline
) -> Iterator[pytest.ExceptionInfo[TransientError]]:
    with (
        listening(answer) as port,
        CivicrmClient(f"http://127.0.0.1:{port}", "s3cret", Runtime(), pattern=PATTERN) as client,
    ):
        client.deadline = deadline
        with pytest.raises(TransientError) as caught:
            client.call("Contact", "get", {})
        yield caught


def _swallow(connection: socket.socket) -> None:
    """Read until the client gives up, and send nothing."""
    with suppress(ConnectionError):
        while connection.recv(4_096):
            pass
