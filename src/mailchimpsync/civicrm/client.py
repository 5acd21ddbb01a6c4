"""The transport to CiviCRM's APIv4: finds the site's form of URL, typed errors, retries where that is safe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Any, ClassVar, Generic, NotRequired, TypeVar

import httpx2
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.civicrm.urls import FORMS, call_url, checked_base, checked_pattern, multi_url
from mailchimpsync.errors import (
    AccessError,
    Code,
    ConfigurationError,
    RefusedError,
    RemoteError,
    TransientError,
)
from mailchimpsync.http import (
    TIMEOUT,
    USER_AGENT,
    Answer,
    Remote,
    Service,
    odd,
    parse,
    redact,
    throttled,
    tls,
    unavailable,
)
from mailchimpsync.runtime import Runtime

CIVICRM = Service("CiviCRM", Code.CV_UNAVAILABLE, Code.CV_UNAVAILABLE, Code.CV_ODD_ANSWER)

Params = Mapping[str, Any]
Call = tuple[str, str, Params]
"""Entity, action and parameters."""

T = TypeVar("T")


class Envelope(TypedDict, Generic[T]):
    """What an action answers; `countMatched` only where `row_count` was selected."""

    values: list[T]
    countMatched: NotRequired[int]


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a multi-call."""

    values: list[dict[str, Any]]
    count_matched: int | None = None


_ROWS = TypeAdapter(Envelope[dict[str, Any]])
_RESULTS = TypeAdapter(dict[str, dict[str, Any]])


class CivicrmClient(Remote):
    """A connection to one CiviCRM site, as the contact the API key belongs to. Safe to use from several threads.

    `url` is the site's base address, a path included where CiviCRM's site lives in one. Without `pattern` the form of
    URL is found by the first call, by a harmless request to each known form. Temporary errors are retried for reads
    and for calls marked idempotent (DESIGN 3.10).

    Raises:
        ConfigurationError: `CV_NOT_FOUND`, the address or pattern cannot be one.
    """

    service: ClassVar[Service] = CIVICRM

    def __init__(
        self,
        url: str,
        api_key: str,
        runtime: Runtime,
        *,
        pattern: str | None = None,
        transport: httpx2.BaseTransport | None = None,
        attempts_max: int = 6,
    ) -> None:
        self._base = checked_base(url)
        self._pattern = checked_pattern(self._base, pattern) if pattern else None
        self._search_lock = Lock()
        headers = {
            "X-Civi-Auth": f"Bearer {api_key.strip()}",
            "X-Requested-With": "XMLHttpRequest",
            "User-Agent": USER_AGENT,
        }
        http = httpx2.Client(headers=headers, timeout=TIMEOUT, transport=transport, verify=tls())
        super().__init__(runtime, http, attempts_max)

    @property
    def pattern(self) -> str:
        """The site's form of URL, with `{entity}` and `{action}`; looked for if not yet known.

        Raises:
            ConfigurationError: `CV_NOT_FOUND`, no known form answers; the message says what was tried.
            AccessError: `CV_AUTH`.
            TransientError: the site fails at the moment.
        """
        with self._search_lock:
            if self._pattern is None:
                self._pattern = self.patiently(self._search, repeatable=True)
            return self._pattern

    def call(self, entity: str, action: str, params: Params, *, idempotent: bool | None = None) -> list[dict[str, Any]]:
        """Return the values of one action.

        `idempotent` None: reads are, everything else is not; such a call is not repeated once it may have arrived.

        Raises:
            AccessError: `CV_AUTH`, `CV_NO_PERMISSION`.
            RefusedError: `CV_API`, CiviCRM answered with an error.
            TransientError: it may work later; `work_may_be_done` says whether the call may have arrived.
        """
        return self.read(_ROWS, entity, action, params, idempotent=idempotent)

    def read(
        self,
        answer: TypeAdapter[Envelope[T]],
        entity: str,
        action: str,
        params: Params,
        *,
        idempotent: bool | None = None,
    ) -> list[T]:
        """Return the values of one action, each checked; else as `call`. A missing key is `CV_ODD_ANSWER`."""
        return self._one(answer, (entity, action, params), idempotent)["values"]

    def count(self, entity: str, where: list[list[Any]]) -> int:
        """Return how many rows match, without fetching them."""
        answer = self._one(_ROWS, (entity, "get", {"select": ["row_count"], "where": where}), None)
        if "countMatched" not in answer:
            raise odd(CIVICRM, f"{entity} without a count")
        return answer["countMatched"]

    def multi(self, calls: Mapping[str, Call], *, idempotent: bool | None = None) -> dict[str, Result | RemoteError]:
        """Make several calls in one request; each has its result or its own error, under its name."""
        if not all(_is_read(call[1]) for call in calls.values()):
            self.check_may_write()
        url = multi_url(self.pattern)
        repeatable = idempotent if idempotent is not None else all(_is_read(call[1]) for call in calls.values())

        def attempt() -> dict[str, Result | RemoteError]:
            results = parse(_RESULTS, self._post(url, {"calls": calls}, "several calls"), CIVICRM)
            return {name: _result(call, results.get(name)) for name, call in calls.items()}

        return self.patiently(attempt, repeatable=repeatable)

    def _one(self, answer: TypeAdapter[Envelope[T]], call: Call, idempotent: bool | None) -> Envelope[T]:
        entity, action, params = call
        if not _is_read(action):
            self.check_may_write()
        url, what = call_url(self.pattern, entity, action), f"{entity}.{action}"
        repeatable = idempotent if idempotent is not None else _is_read(action)
        return self.patiently(
            lambda: parse(answer, self._post(url, {"params": params}, what), CIVICRM), repeatable=repeatable
        )

    def _post(self, url: str, form: Mapping[str, Any], what: str) -> bytes:
        answer = self._send(url, form)
        if answer.status == HTTPStatus.OK:
            return answer.body
        raise self._problem(answer, what)

    def _send(self, url: str, form: Mapping[str, Any]) -> Answer:
        data = {name: json.dumps(value, ensure_ascii=False) for name, value in form.items()}
        return self.exchange(self._http.build_request("POST", url, data=data))

    def _problem(self, answer: Answer, what: str) -> RemoteError:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return AccessError(Code.CV_AUTH, "CiviCRM does not accept the API key", status=answer.status)
        problem = _json_object(answer.body)
        if "error_message" in problem:
            return _refusal(what, answer.status, problem)
        return self._temporary(answer)

    def _temporary(self, answer: Answer) -> TransientError:
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return throttled(CIVICRM, answer, self.runtime.now(), work_may_be_done=False)
        if answer.status == HTTPStatus.REQUEST_TIMEOUT or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return unavailable(CIVICRM, answer, self.runtime.now())
        return odd(CIVICRM, f"status {answer.status}, not JSON", answer.status)

    def _search(self) -> str:
        """Return the first form of URL that answers as APIv4 does."""
        tried: list[str] = []
        failing: TransientError | None = None
        for form in FORMS:
            pattern = self._base + form
            answer = self._send(call_url(pattern, "Domain", "get"), {"params": {"select": ["id"], "limit": 1}})
            if answer.status == HTTPStatus.UNAUTHORIZED:
                raise self._problem(answer, "Domain.get")
            if _json_object(answer.body).keys() & {"values", "error_message"}:
                return pattern
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                failing = self._temporary(answer)
            tried.append(_outcome(pattern, answer))
        raise failing or ConfigurationError(
            "No CiviCRM API was found. Tried: " + "; ".join(tried), code=Code.CV_NOT_FOUND
        )


def succeeded(result: Result | RemoteError) -> Result:
    """Return a result of a multi-call, or raise its error."""
    if isinstance(result, RemoteError):
        raise result
    return result


def _is_read(action: str) -> bool:
    return action.startswith("get") or action == "checkAccess"


def _outcome(pattern: str, answer: Answer) -> str:
    location = answer.headers.get("Location", "")[:200]
    return f"{pattern} answered {answer.status}" + (f", pointing to {location}" if location else ", not JSON")


def _result(call: Call, result: dict[str, Any] | None) -> Result | RemoteError:
    what = f"{call[0]}.{call[1]}"
    if result is None:
        raise odd(CIVICRM, f"no result of {what}")
    if "error_message" in result:
        return _refusal(what, _status(result), result)
    values, matched = result.get("values"), result.get("countMatched")
    if not isinstance(values, list) or not all(isinstance(row, dict) for row in values):
        raise odd(CIVICRM, f"{what} without values")
    return Result(values, matched if isinstance(matched, int) else None)


def _refusal(what: str, status: int, problem: Mapping[str, Any]) -> RemoteError:
    error_id = problem.get("error_id")
    said = str(problem["error_message"]) + (f" (error id {error_id})" if error_id else "")
    if status == HTTPStatus.FORBIDDEN:
        why = f"The CiviCRM key's user may not do {what}"
        return AccessError(Code.CV_NO_PERMISSION, why, status=status, detail=redact(said))
    return RefusedError(Code.CV_API, f"CiviCRM answered {what} with an error", status=status, detail=redact(said))


def _status(problem: Mapping[str, Any]) -> int:
    status = problem.get("status")
    return status if isinstance(status, int) else HTTPStatus.INTERNAL_SERVER_ERROR


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
