"""The transport to CiviCRM's APIv4: finds the site's form of URL, typed errors, retries where that is safe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from threading import Lock
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, NotRequired, TypeVar, cast
from zoneinfo import ZoneInfo

import httpx2
from pydantic import BeforeValidator, TypeAdapter, ValidationError
from tenacity import RetryCallState
from typing_extensions import TypedDict

from mailchimpsync.civicrm.http.form import form_value
from mailchimpsync.civicrm.http.pace import Pace
from mailchimpsync.civicrm.http.unreadable_rows import UnreadableRow, readable_rows
from mailchimpsync.civicrm.http.urls import FORMS, call_url, checked_base, checked_pattern, multi_url
from mailchimpsync.errors import (
    SMALLEST,
    AccessError,
    Code,
    ConfigurationError,
    MailchimpsyncError,
    RefusedError,
    RemoteError,
    Right,
    TransientError,
    quoted,
    right_for,
)
from mailchimpsync.http import (
    Answer,
    Remote,
    Service,
    connections,
    parse,
    redact,
    throttled,
    unavailable,
    unreadable_answer,
)
from mailchimpsync.messages import say
from mailchimpsync.runtime import Runtime

CIVICRM = Service(
    "CiviCRM",
    unavailable=Code.CV_UNAVAILABLE,
    throttled=Code.CV_UNAVAILABLE,
    odd=Code.CV_ODD_ANSWER,
    unknown_name=Code.CV_UNKNOWN_NAME,
    nobody_listens=Code.CV_NOBODY_LISTENS,
    certificate=Code.CV_CERTIFICATE,
    wrong_protocol=Code.CV_WRONG_PROTOCOL,
)

PAGE_HEAD_BYTES = 4_000

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Params = Mapping[str, Any]
Call = tuple[str, str, Params]
"""Entity, action and parameters."""

T = TypeVar("T")

DATABASE_TRIES_MAX = 3
"""How often a call is made if CiviCRM's database fails: some values make it fail each time."""

_DATABASE_FAILED = re.compile(r"DB Error: (unknown error|deadlock|database lock timeout|connect failed)\b")
"""CiviCRM's words where its database may accept the same again (MariaDB's 1205, 1213, 1412, 2006)."""


class DatabaseFailedError(TransientError):
    """CiviCRM's database failed, for now or because of the values: the work may be partly done."""


class UnnamedError(DatabaseFailedError):
    """CiviCRM doesn't say what went wrong: it may be a temporary database failure, or a lasting one."""


_UNNAMED = "1"
"""The error code of an answer to a user without “view debug output”: the message has only an id."""


def _row_of_none(row: object) -> object:
    """PHP writes an object without keys as an empty list."""
    return {} if row == [] else row


AnyRow = Annotated[dict[str, Any], BeforeValidator(_row_of_none)]


class Envelope(TypedDict, Generic[T]):
    """An action's answer; `countMatched` only where `row_count` was selected."""

    values: list[T]
    countMatched: NotRequired[int]


class Rows(NamedTuple, Generic[T]):
    """Rows of `get`, and those that can't be read; `matched`: how many match, where that was asked for."""

    found: list[T]
    unreadable: Sequence[UnreadableRow] = ()
    matched: int | None = None


def _rows(answer: Envelope[T]) -> Rows[T]:
    return Rows(answer["values"], (), answer.get("countMatched"))


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a multi-call."""

    values: list[dict[str, Any]]
    count_matched: int | None = None


_ROWS = TypeAdapter(Envelope[AnyRow])
_RESULTS = TypeAdapter(dict[str, Any] | list[Any])
"""PHP writes an array whose keys are 0, 1, … as a list."""


class CivicrmClient(Remote):
    """A connection to one CiviCRM site, as the contact the API key belongs to. Safe to use from several threads.

    `url` is the site's base address, a path included where CiviCRM's site lives in one. `web_server` is the user and
    password of a web server that asks for them in front of CiviCRM. Without `pattern` the first call finds the form of
    URL, by a harmless request to each known form. Temporary errors are retried for reads and
    for calls marked idempotent (docs/decisions/failures-stay-alone.md).

    Raises:
        ConfigurationError: `CV_NOT_FOUND`, the address or pattern is invalid.
    """

    service: ClassVar[Service] = CIVICRM

    def __init__(
        self,
        url: str,
        api_key: str,
        runtime: Runtime,
        *,
        pattern: str | None = None,
        web_server: tuple[str, str] | None = None,
        transport: httpx2.BaseTransport | None = None,
        attempts_max: int = 6,
        time_zone: ZoneInfo | None = None,
    ) -> None:
        self.time_zone = time_zone
        self._base = checked_base(url)
        self._pattern = checked_pattern(self._base, pattern) if pattern else None
        self._search_lock = Lock()
        self._paces: dict[str, Pace] = {}
        self._kept: dict[str, tuple[datetime, Any]] = {}
        headers = {
            "X-Civi-Auth": f"Bearer {api_key.strip()}",
            "X-Requested-With": "XMLHttpRequest",
        }
        auth = httpx2.BasicAuth(*web_server) if web_server else None
        super().__init__(runtime, connections(headers, transport, auth), attempts_max)

    @property
    def pattern(self) -> str:
        """The site's form of URL, with `{entity}` and `{action}`; looked for if not yet known.

        Raises:
            ConfigurationError: `CV_NOT_FOUND`, no known form answers; the message says what was tried.
            AccessError: `CV_AUTH`.
            TransientError: the site is failing at the moment.
        """
        with self._search_lock:
            if self._pattern is None:
                self._pattern = self.with_retries(self._search, repeatable=True)
            return self._pattern

    def pace(self, what: str, first: int, most: int) -> Pace:
        """Return how many records of a kind a request gets, learnt over all calls of this client."""
        return self._paces.setdefault(what, Pace(first, most))

    def cached(self, what: str, seconds: float, find: Callable[[], T]) -> T:
        """Return what `find` returns, or returned in the last `seconds`: a cache for many similar calls."""
        kept = self._kept.get(what)
        if kept is None or not 0 <= self.runtime.seconds_since(kept[0]) < seconds:
            kept = self.runtime.now(), find()
            self._kept[what] = kept
        return cast("T", kept[1])

    def call(self, entity: str, action: str, params: Params, *, idempotent: bool | None = None) -> list[dict[str, Any]]:
        """Return the values of one action.

        `idempotent` None: reads are, everything else is not. A call that isn't is not repeated once it may have
        arrived.

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
        return self._one(_whole(answer), (entity, action, params), idempotent)["values"]

    def read_rows(
        self, answer: TypeAdapter[Envelope[T]], row: TypeAdapter[T] | None, entity: str, params: Params
    ) -> Rows[T]:
        """Return the rows of `get`, those that can't be read apart; if most can't, it raises as `read`.

        `answer` reads all rows at once, which is much quicker than `row`, which is used where that fails. Without it, a
        row that can't be read is an error.
        """

        def read(body: bytes) -> Rows[T]:
            try:
                found = answer.validate_json(body)
            except ValidationError:
                return (
                    Rows(*readable_rows(body, row, entity)) if row is not None else _rows(parse(answer, body, CIVICRM))
                )
            return _rows(found)

        return self._one(read, (entity, "get", params), None)

    def raw_answer(self, entity: str, action: str, params: Params) -> Answer:
        """Return the raw answer to an action that reads, to see how a site behaves.

        Raises:
            TransientError, AccessError: there was none.
        """
        if not _is_read(action):
            raise MailchimpsyncError(
                Code.INTERNAL, say("%(action)s was about to be called by a check that only reads", action=action)
            )
        return self._send(call_url(self.pattern, entity, action), {"params": params})

    def count(self, entity: str, where: list[list[Any]]) -> int:
        """Return how many rows match, without fetching them."""
        answer = self._one(_whole(_ROWS), (entity, "get", {"select": ["row_count"], "where": where}), None)
        if "countMatched" not in answer:
            raise unreadable_answer(CIVICRM, f"{entity} without a count")
        return answer["countMatched"]

    def multi(self, calls: Mapping[str, Call], *, idempotent: bool | None = None) -> dict[str, Result | RemoteError]:
        """Make several calls in one request; each has its result or its own error, under its name."""
        changes = not all(_is_read(call[1]) for call in calls.values())
        if changes:
            self.check_may_write()
        url = multi_url(self.pattern)
        repeatable = idempotent if idempotent is not None else not changes

        def ask() -> dict[str, Result | RemoteError]:
            found = _by_name(parse(_RESULTS, self._post_several(url, calls, changes=changes), CIVICRM))
            return {name: _result(call, found.get(name)) for name, call in calls.items()}

        results = self.with_retries(ask, repeatable=repeatable)
        failed = {name: call for name, call in calls.items() if isinstance(results[name], DatabaseFailedError)}
        if failed and repeatable:
            results |= {name: self._alone(call) for name, call in failed.items()}
        return results

    def _alone(self, call: Call) -> Result | RemoteError:
        """Return the result or error of a call during which CiviCRM's database failed, repeated alone."""
        try:
            answer = self._one(_whole(_ROWS), call, idempotent=True)
        except RemoteError as error:
            return error
        return Result(answer["values"], answer.get("countMatched"))

    def _one(self, read: Callable[[bytes], T], call: Call, idempotent: bool | None) -> T:
        entity, action, params = call
        is_read = _is_read(action)
        if not is_read:
            self.check_may_write()
        url, what = call_url(self.pattern, entity, action), f"{entity}.{action}"
        repeatable = idempotent if idempotent is not None else is_read
        try:
            return self.with_retries(
                lambda: read(self._post(url, {"params": params}, what, changes=not is_read)), repeatable=repeatable
            )
        except UnnamedError as error:
            raise RefusedError(Code.CV_API, error.what, status=error.status, detail=error.detail) from error
        except DatabaseFailedError as error:
            if is_read:
                raise
            raise RefusedError(Code.CV_DATABASE, error.what, status=error.status, detail=error.detail) from error

    def _enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        is_stubborn = isinstance(error, DatabaseFailedError) and state.attempt_number >= DATABASE_TRIES_MAX
        return is_stubborn or super()._enough(state)

    def _post(self, url: str, form: Mapping[str, Any], what: str, *, changes: bool) -> bytes:
        answer = self._send(url, form, changes=changes)
        if answer.status == HTTPStatus.OK:
            return answer.body
        raise self.problem_of(answer, what)

    def _post_several(self, url: str, calls: Mapping[str, Call], *, changes: bool) -> bytes:
        """Return the results; where all calls fail, they come with the status of the first one's error."""
        answer = self._send(url, {"calls": calls}, changes=changes)
        if answer.status == HTTPStatus.OK or _are_refusals(answer.body):
            return answer.body
        raise self.problem_of(answer, "several calls")

    def _send(self, url: str, form: Mapping[str, Any], *, changes: bool = False) -> Answer:
        body = "&".join(f"{name}={form_value(value)}" for name, value in form.items())
        return self.send_form(url, body, changes=changes)

    def send_form(self, url: str, body: str, *, changes: bool) -> Answer:
        """Send an encoded form once, and return the raw answer; raises as `exchange`."""
        return self.exchange(self._http.build_request("POST", url, content=body, headers=_FORM), changes=changes)

    def problem_of(self, answer: Answer, what: str) -> RemoteError:
        """Return the error that an answer with another status than 200 stands for."""
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return _refused_login(answer, has_web_server=self._http.auth is not None)
        problem = _json_object(answer.body)
        if "error_message" in problem:
            return _refusal(what, answer.status, problem)
        if _wants_tls(answer):
            return _no_tls()
        return self._temporary(answer)

    def _temporary(self, answer: Answer) -> TransientError:
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return throttled(CIVICRM, answer, self.runtime.now(), work_may_be_done=False)
        if answer.status == HTTPStatus.REQUEST_TIMEOUT or _looks_passing(answer):
            return unavailable(CIVICRM, answer, self.runtime.now())
        return unreadable_answer(CIVICRM, f"status {answer.status}, not JSON", answer.status)

    def _search(self) -> str:
        """Return the first form of URL that answers as APIv4 does."""
        tried: list[str] = []
        failing: TransientError | None = None
        for form in FORMS:
            pattern = self._base + form
            answer = self._send(call_url(pattern, "Contact", "get"), {"params": {"select": ["id"], "limit": 1}})
            if answer.status == HTTPStatus.UNAUTHORIZED:
                raise self.problem_of(answer, "Contact.get")
            if _json_object(answer.body).keys() & {"values", "error_message"}:
                return pattern
            if _wants_tls(answer):
                raise _no_tls()
            if _looks_passing(answer):
                failing = self._temporary(answer)
            tried.append(_outcome(pattern, answer))
        raise failing or ConfigurationError(
            say("No CiviCRM API was found. Tried: %(tried)s", tried="; ".join(tried)), code=Code.CV_NOT_FOUND
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


def _whole(answer: TypeAdapter[Envelope[T]]) -> Callable[[bytes], Envelope[T]]:
    return lambda body: parse(answer, body, CIVICRM)


def _looks_passing(answer: Answer) -> bool:
    """Say whether a page in place of the API reports a temporary fault, not an unknown address."""
    is_fault = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS
    return is_fault or b"maintenance" in answer.body[:PAGE_HEAD_BYTES].lower()


def _wants_tls(answer: Answer) -> bool:
    """Say whether a web server has answered http on its port for https: nginx and Apache say so in these words."""
    said = answer.body[:PAGE_HEAD_BYTES].lower()
    return answer.status == HTTPStatus.BAD_REQUEST and (b"plain http request" in said or b"speaking plain http" in said)


def _no_tls() -> AccessError:
    why = say("CiviCRM's server expects https at this address and port, but the address says http")
    return AccessError(Code.CV_WRONG_PROTOCOL, why, status=HTTPStatus.BAD_REQUEST)


def _by_name(results: dict[str, Any] | list[Any]) -> dict[str, Any]:
    if isinstance(results, dict):
        return results
    return {str(place): result for place, result in enumerate(results)}


def _result(call: Call, result: object) -> Result | RemoteError:
    """Return the result of one call; an unreadable answer is the error of that call alone."""
    what = f"{call[0]}.{call[1]}"
    if result is None:
        return unreadable_answer(CIVICRM, f"no result of {what}")
    if not isinstance(result, dict):
        return unreadable_answer(CIVICRM, f"{what} without values")
    if "error_message" in result:
        return _refusal(what, _status(result), result)
    values, matched = result.get("values"), result.get("countMatched")
    rows = [_row_of_none(row) for row in values] if isinstance(values, list) else [None]
    if not all(isinstance(row, dict) for row in rows):
        return unreadable_answer(CIVICRM, f"{what} without values")
    return Result(cast("list[dict[str, Any]]", rows), matched if isinstance(matched, int) else None)


def _refusal(what: str, status: int, problem: Mapping[str, Any]) -> RemoteError:
    error_id, message = problem.get("error_id"), str(problem["error_message"])
    said = redact(message + (f" (error id {error_id})" if error_id else ""))
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(what, said)
    if problem.get("error_code") == _UNNAMED and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        why = say("CiviCRM answered %(what)s with an error that only its log names", what=what)
        return UnnamedError(Code.CV_UNAVAILABLE, why, status=status, detail=said)
    if _DATABASE_FAILED.match(message):
        why = say("CiviCRM's database failed at %(what)s", what=what)
        return DatabaseFailedError(Code.CV_UNAVAILABLE, why, status=status, detail=said)
    return RefusedError(
        Code.CV_API, say("CiviCRM answered %(what)s with an error", what=what), status=status, detail=said
    )


def _forbidden(what: str, said: str) -> AccessError:
    """Name the permission that is most likely missing: CiviCRM names none."""
    right = right_for(*what.split(".")) if what.count(".") == 1 else Right.ACCESS
    code = Code.CV_NO_PERMISSION if right in SMALLEST else Code.CV_RIGHT_MISSING
    why = say("CiviCRM refuses %(what)s, which needs %(permissions)s", what=what, permissions=quoted([right]))
    return AccessError(code, why, status=HTTPStatus.FORBIDDEN, detail=said)


def _refused_login(answer: Answer, *, has_web_server: bool) -> AccessError:
    """Distinguish AuthX's three causes, and the web server's own, which no key solves."""
    said = answer.body.decode(errors="replace")
    if answer.headers.get("WWW-Authenticate", "").lower().startswith("basic"):
        code, why = Code.CV_WEB_SERVER, say("The web server in front of CiviCRM asks for a user name and password")
        why = say("The web server does not accept its user and password") if has_web_server else why
    elif "guard" in said:
        code, why = (
            Code.CV_AUTH_GUARD,
            say(
                "The CiviCRM key's user isn't allowed to sign in with a key: it lacks %(permissions)s",
                permissions=quoted([Right.KEY]),
            ),
        )
    elif "not allowed" in said:
        code, why = Code.CV_AUTH_METHOD, say("CiviCRM doesn't accept API keys in the header X-Civi-Auth")
    else:
        code, why = Code.CV_AUTH, say("CiviCRM doesn't know the API key")
    return AccessError(code, why, status=answer.status, detail="" if "<" in said else redact(said))


def _status(problem: Mapping[str, Any]) -> int:
    status = problem.get("status")
    return status if isinstance(status, int) else HTTPStatus.INTERNAL_SERVER_ERROR


def _are_refusals(body: bytes) -> bool:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return False
    results = list(found.values()) if isinstance(found, dict) else found
    return isinstance(results, list) and all(isinstance(one, dict) and "error_message" in one for one in results)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
