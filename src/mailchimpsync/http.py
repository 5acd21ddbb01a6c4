"""What both API clients share: one bounded exchange, reading an answer, and the retry policy.

See docs/decisions/failures-stay-alone.md.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import ClassVar, Protocol, Self, TypeVar

import httpx2
from pydantic import TypeAdapter, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception

from mailchimpsync import __version__
from mailchimpsync.errors import AccessError, Code, MailchimpsyncError, RemoteError, TransientError
from mailchimpsync.messages import say
from mailchimpsync.network import BoundedTransport, ending_within
from mailchimpsync.runtime import Deadline, Runtime

T = TypeVar("T")

TIMEOUT = httpx2.Timeout(connect=10, read=130, write=130, pool=600)
"""Seconds. Mailchimp cuts a request after 120 s, so a longer wait for bytes is pointless.

See docs/reference/mailchimp-behaviour.md#limits-and-timeouts.
"""

BODY_BYTES_MAX = 64 * 1024 * 1024
BODY_SECONDS_MAX = 600
BACKOFF_SECONDS = 2.0
BACKOFF_SECONDS_MAX = 60.0
RETRY_AFTER_SECONDS_MAX = 120.0
DETAIL_CHARS_MAX = 300

USER_AGENT = f"mailchimpsync/{__version__}"

LEAST_SECONDS = 1.0
"""The least time a request is given, however little is left, so that each call makes progress."""

GRACE_SECONDS_OF_A_CHANGE = 10.0
"""How long a request that makes a change may continue after a request to stop. One that only reads ends at once.

If a change is cut off, the next run has to find out whether it was done.
"""

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"}
CAUSES_MAX = 8

_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")


@dataclass(frozen=True)
class Service:
    """One of the two systems, and the codes for its failures."""

    name: str
    unavailable: Code
    throttled: Code
    odd: Code
    unknown_name: Code
    nobody_listens: Code
    certificate: Code
    wrong_protocol: Code


@dataclass(frozen=True)
class Answer:
    """An answer, read completely."""

    status: int
    headers: httpx2.Headers
    body: bytes


class WaitError(TransientError):
    """A temporary error where the server said how many seconds to wait."""

    retry_after: float = 0.0


class NoSlotError(TransientError):
    """A request was not sent: others had all slots for as long as it may wait. It isn't tried again."""


@cache
def tls() -> ssl.SSLContext:
    """Return the process's TLS settings; loading the certificates takes longer than a request."""
    return httpx2.create_ssl_context()


def connections(
    headers: Mapping[str, str], transport: httpx2.BaseTransport | None = None, auth: httpx2.Auth | None = None
) -> httpx2.Client:
    """Return an HTTP client that keeps no cookies.

    CiviCRM starts a session with every answer. PHP handles the requests of one session one after the other, so a
    client that sent its cookie back would wait for itself.
    """
    return httpx2.Client(
        headers={"User-Agent": USER_AGENT, **headers},
        auth=auth,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=TIMEOUT,
        transport=transport or BoundedTransport(tls),
    )


def timeouts(seconds: float) -> httpx2.Timeout:
    """Return the usual timeouts, none longer than `seconds`."""
    usual = TIMEOUT.as_dict()
    return httpx2.Timeout(**{kind: min(most or seconds, seconds) for kind, most in usual.items()})


def _cause_of(error: BaseException) -> BaseException | None:
    """Return the error of the operating system or of TLS, if it names a cause."""
    cause: BaseException | None = error
    for _ in range(CAUSES_MAX):
        if isinstance(cause, ssl.SSLError):
            is_telling = isinstance(cause, ssl.SSLCertVerificationError) or cause.reason in _NO_TLS
            return cause if is_telling else None
        if isinstance(cause, (socket.gaierror, ConnectionRefusedError)):
            return cause
        cause = (cause.__cause__ or cause.__context__) if cause else None
    return None


def redact(text: str) -> str:
    """Return `text` for people: one line, addresses replaced by `…`, at most 300 characters."""
    line = " ".join(_ADDRESS.sub("…", text[: DETAIL_CHARS_MAX * 8]).split())
    return line if len(line) <= DETAIL_CHARS_MAX else line[: DETAIL_CHARS_MAX - 1] + "…"


def parse(adapter: TypeAdapter[T], body: bytes, service: Service) -> T:
    """Read JSON.

    Raises:
        TransientError: it is not JSON, or not of the expected form. It names the place, never the content.
    """
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        raise unreadable_answer(
            service, first_problem(error)
        ) from None  # pydantic's own error shows the input: addresses


def first_problem(error: ValidationError) -> str:
    """Return the place and kind of the first problem, never the content."""
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place or 'the whole answer'}: {problem['type']}"


def unreadable_answer(service: Service, what: str, status: int = 0) -> TransientError:
    """Return the error for an answer that cannot be read; what was requested may have been done."""
    return TransientError(
        service.odd, say("%(name)s's answer cannot be read (%(what)s)", name=service.name, what=what), status=status
    )


def throttled(service: Service, answer: Answer, now: datetime, *, work_may_be_done: bool) -> WaitError:
    """Return the error for a throttled request, with the wait that the answer asks for, if any."""
    error = WaitError(
        service.throttled,
        f"{service.name} asks to try again later (status {answer.status})",
        status=answer.status,
        work_may_be_done=work_may_be_done,
    )
    error.retry_after = _retry_after(answer.headers.get("Retry-After", ""), now)
    return error


def unavailable(service: Service, answer: Answer, now: datetime) -> WaitError:
    """Return the error for a failing server; the work may still have been done."""
    error = WaitError(
        service.unavailable, f"{service.name} is failing at the moment (status {answer.status})", status=answer.status
    )
    error.retry_after = _retry_after(answer.headers.get("Retry-After", ""), now)
    return error


def _retry_after(value: str, now: datetime) -> float:
    """Return the seconds of a Retry-After header (RFC 9110 10.2.3), bounded; 0 without one."""
    try:
        seconds = float(value) if value.strip().isdigit() else _seconds_until(value, now)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS_MAX)


def _seconds_until(value: str, now: datetime) -> float:
    at = parsedate_to_datetime(value)
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


class Permit(Protocol):
    """The right to write, which another process may take over."""

    def check(self) -> None:
        """Make sure that it is still held, right before sending something that may make a change."""

    def renew(self) -> None:
        """Keep it while waiting; called before each request and each wait, and while an answer arrives."""


class Remote:
    """The base of a client: bounded exchanges and retries. Use it as a context manager, or close it.

    `deadline` may be set at any time. No wait before a retry goes beyond it, and one that has started ends with it: the
    last error is raised instead. No request goes far beyond it. `patience` ends retries earlier, but leaves each
    request its time, for callers with a person waiting for an answer that may be slow. Unless `may_write` is set,
    requests that could change something are refused here; with a `permit`, they are sent only while it is held.
    `clock_ahead` is how far our clock was ahead of theirs at the last answer that gave its time.
    """

    service: ClassVar[Service]

    def __init__(self, runtime: Runtime, http: httpx2.Client, attempts_max: int) -> None:
        self.runtime = runtime
        self.deadline: Deadline | None = None
        self.patience: Deadline | None = None
        self.may_write = True
        self.permit: Permit | None = None
        self.clock_ahead: timedelta | None = None
        self._http = http
        self._attempts_max = attempts_max

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def check_may_write(self) -> None:
        """Make sure that a read-only client does not write, even if a bug of ours led here.

        Raises:
            MailchimpsyncError: `INTERNAL`; nothing was sent.
        """
        if not self.may_write:
            raise MailchimpsyncError(
                Code.INTERNAL, say("A plan was about to write to %(name)s", name=self.service.name)
            )

    def check_permit(self, *, changes: bool = False) -> None:
        """Make sure that the permit is held, if there is one: check it before a change, otherwise renew it."""
        if self.permit is None:
            return
        if changes:
            self.permit.check()
        else:
            self.permit.renew()

    def exchange(self, request: httpx2.Request, *, changes: bool) -> Answer:
        """Send a request once and read its answer, whatever its status; it outlives the deadline by a second at most.

        After a request to stop, one that only reads ends at once, and one that makes a change soon.

        Raises:
            TransientError: no answer, or not all of it; `work_may_be_done` False where the request never left.
            AccessError: retrying can't help: a certificate that is not trusted, or another protocol.
        """
        started, status = self.runtime.now(), 0
        seconds = self.seconds_for(changes=changes)
        self.check_permit(changes=changes)
        request.extensions = {**request.extensions, "timeout": timeouts(seconds).as_dict()}
        try:
            with self.within(seconds, changes=changes):
                response = self._http.send(request, stream=True)
                try:
                    answer = Answer(response.status_code, response.headers, self._read(response, seconds))
                finally:
                    response.close()
            status = answer.status
            self._compare_clocks(answer)
        except httpx2.RequestError as error:
            raise self.connection_error(error) from error
        finally:
            took = self.runtime.seconds_since(started)
            self.runtime.observer.request(self.service.name, request.method, status, took)
        return answer

    def seconds_for(self, *, changes: bool) -> float:
        """Return how long a request that starts now may take: until the deadline, if that is not too short."""
        if self.deadline is None:
            return BODY_SECONDS_MAX
        left = self.deadline.seconds_to_end(BODY_SECONDS_MAX)
        if self.deadline.is_stopped:
            left = min(left, GRACE_SECONDS_OF_A_CHANGE if changes else 0.0)
        return max(LEAST_SECONDS, left)

    def within(self, seconds: float, *, changes: bool) -> AbstractContextManager[None]:
        """Return a context in which no exchange outlives its time, or continues long after a stop."""
        deadline = self.deadline
        if deadline is None or deadline.is_stopped:  # a request that starts after that has its full time
            return ending_within(seconds)
        return ending_within(seconds, lambda: deadline.is_stopped, GRACE_SECONDS_OF_A_CHANGE if changes else 0.0)

    def _compare_clocks(self, answer: Answer) -> None:
        """Read the server's time from the answer (RFC 9110 6.6.1), which costs no request."""
        with suppress(KeyError, ValueError):
            self.clock_ahead = timedelta(seconds=-_seconds_until(answer.headers["Date"], self.runtime.now()))

    def connection_error(self, error: httpx2.RequestError) -> RemoteError:
        """Return the error for a failed connection, lasting or temporary."""
        name, detail = self.service.name, redact(str(error))
        cause = _cause_of(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = say("The certificate of %(name)s's server is not trusted here", name=name)
            return AccessError(self.service.certificate, why, detail=detail)
        if isinstance(cause, ssl.SSLError):
            why = say("%(name)s's server does not speak TLS (https) at this address and port", name=name)
            return AccessError(self.service.wrong_protocol, why, detail=detail)
        code, why = (
            self.service.unavailable,
            say("%(name)s could not be reached (%(error)s)", name=name, error=type(error).__name__),
        )
        if isinstance(cause, socket.gaierror):
            code, why = self.service.unknown_name, say("The name of %(name)s's server could not be found", name=name)
        elif isinstance(cause, ConnectionRefusedError):
            code, why = self.service.nobody_listens, say("Nothing listens at %(name)s's address and port", name=name)
        elif isinstance(error, httpx2.TimeoutException) and self.deadline is not None and self.deadline.is_stopped:
            code, why = (
                Code.OUT_OF_TIME,
                say("A request to %(name)s was cut off, because a stop was requested", name=name),
            )
        return TransientError(code, why, detail=detail, work_may_be_done=not isinstance(error, _NEVER_SENT))

    def _read(self, response: httpx2.Response, seconds: float) -> bytes:
        started = self.runtime.now()
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            self.check_permit()
            if len(body) > BODY_BYTES_MAX:
                raise unreadable_answer(self.service, f"over {BODY_BYTES_MAX} bytes", response.status_code)
            if self.runtime.seconds_since(started) > seconds:
                raise unreadable_answer(self.service, f"not complete after {seconds:.0f} s", response.status_code)
        return bytes(body)

    def with_retries(self, attempt: Callable[[], T], *, repeatable: bool) -> T:
        """Call `attempt`, and again after temporary errors: exponential back-off with full jitter.

        If the server said how long to wait, that wait is added. What is not `repeatable` is repeated only if the work
        was certainly not done.
        """
        again = retry_if_exception(
            lambda error: (
                isinstance(error, TransientError)
                and not isinstance(error, NoSlotError)
                and (repeatable or not error.work_may_be_done)
            )
        )
        return Retrying(
            retry=again,
            stop=self._enough,
            wait=self._pause,
            before_sleep=self._sleep,
            sleep=_no_more,
            reraise=True,
        )(attempt)

    def wait(self, seconds: float) -> bool:
        """Wait, at most until the deadline; return whether the whole time was waited."""
        self.check_permit()
        if self.deadline is not None:
            return self.deadline.sleep(seconds)
        self.runtime.sleep(seconds)
        return True

    def _sleep(self, state: RetryCallState) -> None:
        """Wait before the next attempt; if the wait is cut short, raise the last error instead."""
        error = state.outcome.exception() if state.outcome else None
        if not self.wait(state.upcoming_sleep) and error is not None:
            raise error

    def _pause(self, state: RetryCallState) -> float:
        longest = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2 ** (state.attempt_number - 1))
        error = state.outcome.exception() if state.outcome else None
        least = error.retry_after if isinstance(error, WaitError) else 0.0
        return least + self.runtime.chance.uniform(0, longest)

    def _enough(self, state: RetryCallState) -> bool:
        return state.attempt_number >= self._attempts_max or not self.has_time_for(state.upcoming_sleep)

    def has_time_for(self, seconds: float) -> bool:
        """Say whether a wait of `seconds` ends before the deadline and before `patience`."""
        ends = (self.deadline, self.patience)
        return all(end is None or end.seconds_left(seconds + 1) > seconds for end in ends)


def _no_more(_seconds: float) -> None:
    """Don't wait again: `before_sleep` has waited, as tenacity passes the error to raise only there."""
