"""The transport to Mailchimp's Marketing API 3.0: one key, bounded concurrency, typed errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

import httpx2
from pydantic import TypeAdapter

from mailchimpsync.errors import AccessError, Code, ConfigurationError, RefusedError, RemoteError, TransientError
from mailchimpsync.http import (
    Answer,
    NoSlotError,
    Remote,
    Service,
    connections,
    parse,
    throttled,
    unavailable,
    unreadable_answer,
)
from mailchimpsync.http_urls import is_http_url
from mailchimpsync.mailchimp.refusals import classify_refusal, refusal_detail
from mailchimpsync.mailchimp.slots import REQUESTS_AT_ONCE, OwnSlots, Slots
from mailchimpsync.messages import say
from mailchimpsync.runtime import SLEEP_SLICE_SECONDS, Runtime

T = TypeVar("T")

MAILCHIMP = Service(
    "Mailchimp",
    unavailable=Code.MC_UNAVAILABLE,
    throttled=Code.MC_THROTTLED,
    odd=Code.MC_ODD_ANSWER,
    unknown_name=Code.MC_UNKNOWN_NAME,
    nobody_listens=Code.MC_NOBODY_LISTENS,
    certificate=Code.MC_CERTIFICATE,
    wrong_protocol=Code.MC_WRONG_PROTOCOL,
)

SLOT_SECONDS_MAX = 600

_FORBIDDEN = {
    Code.MC_DISABLED: say("Mailchimp says that the account is disabled"),
    Code.MC_PLAN: say("Mailchimp says that the account's plan does not allow the request"),
    Code.MC_FORBIDDEN: say("Mailchimp forbids the request"),
}
_TEMPORARY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}

_KEY = re.compile(r"[0-9A-Za-z]{8,128}-(?P<dc>[a-z]{2,4}[0-9]{1,4})")

_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


def data_center(api_key: str) -> str | None:
    """Return an account's data centre, such as `us6`; None where the key isn't in the form of a key."""
    key = _KEY.fullmatch(api_key.strip())
    return key["dc"] if key else None


class MailchimpClient(Remote):
    """A client for one Mailchimp account.

    Requests are safe to make from several threads. Each holds one of the account's `slots`; set others before the
    first request, to share them with other clients. `account_digest` names the account without its key. Temporary
    errors are retried as docs/decisions/failures-stay-alone.md says; those that remain are raised as `TransientError`.

    Raises:
        ConfigurationError: `MC_BAD_KEY`, the key isn't in the form of a key
        (docs/reference/mailchimp-behaviour.md#keys-and-hosts); `CONFIG`, no server can be at the base URL.
    """

    service: ClassVar[Service] = MAILCHIMP

    def __init__(
        self,
        api_key: str,
        runtime: Runtime,
        *,
        base_url: str | None = None,
        transport: httpx2.BaseTransport | None = None,
        attempts_max: int = 6,
    ) -> None:
        key = _KEY.fullmatch(api_key.strip())
        if not key:
            raise ConfigurationError("The Mailchimp API key isn't in the right form", code=Code.MC_BAD_KEY)
        self.base_url = (base_url or f"https://{key['dc']}.api.mailchimp.com/3.0").strip().rstrip("/")
        if not is_http_url(self.base_url):
            raise ConfigurationError("Mailchimp's base URL must start with https:// or http://")
        client = connections({}, transport, httpx2.BasicAuth("mailchimpsync", key[0]))
        super().__init__(runtime, client, attempts_max)
        # Signed storage addresses must never see the key, so they have a client of their own;
        # see docs/reference/mailchimp-behaviour.md#results-of-batches.
        self.storage = connections({}, transport)
        self.slots: Slots = OwnSlots(REQUESTS_AT_ONCE)
        self.account_digest = sha256(f"{key[0]}\n{self.base_url}".encode()).hexdigest()

    def close(self) -> None:
        """Close the connections, and let others have the account's slots."""
        self.slots.close()
        self.storage.close()
        super().close()

    def get(
        self, path: str, answer: TypeAdapter[T], params: Mapping[str, str | int], *, gone: Code = Code.MC_NOT_FOUND
    ) -> T:
        """GET `path` (relative to the base, with its slash); `gone` is the code a 404 means here."""
        return self._ask("GET", path, answer, params=params, gone=gone)

    def post(self, path: str, answer: TypeAdapter[T], body: Mapping[str, Any]) -> T:
        """POST a body; repeated only if it was certainly not processed, else `TransientError.work_may_be_done`."""
        return self._ask("POST", path, answer, body=body)

    def patch(self, path: str, answer: TypeAdapter[T], body: Mapping[str, Any], *, gone: Code = Code.MC_NOT_FOUND) -> T:
        """PATCH a body: its values are set, others stay."""
        return self._ask("PATCH", path, answer, body=body, gone=gone)

    def delete(self, path: str) -> None:
        """DELETE `path`; the answer has no body."""
        self.with_retries(lambda: self._attempt("DELETE", path, None, None, Code.MC_NOT_FOUND), repeatable=True)

    def carry_out(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        """Make a change that may be repeated, and return status and answer, also where Mailchimp refuses it.

        Raises:
            TransientError: it is not known whether it was made, or it certainly was not.
            AccessError: the key is not accepted.
        """
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        return self.with_retries(lambda: self._carry_out_once(method, path, content), repeatable=True)

    def _carry_out_once(self, method: str, path: str, content: bytes | None) -> tuple[int, dict[str, Any]]:
        answer = self._answer(method, path, None, content)
        if answer.status == HTTPStatus.NO_CONTENT:
            return answer.status, {}
        if answer.status == HTTPStatus.OK:
            return answer.status, parse(_OBJECT, answer.body, MAILCHIMP)
        problem = self._problem(answer, Code.MC_MEMBER_GONE)
        if isinstance(problem, TransientError) or answer.status == HTTPStatus.UNAUTHORIZED:
            raise problem
        return answer.status, problem_document(answer.body) or {}

    def post_action(self, path: str) -> None:
        """POST to an action that may be repeated; neither it nor its answer has a body."""
        self.with_retries(lambda: self._attempt("POST", path, None, None, Code.MC_NOT_FOUND), repeatable=True)

    def _ask(
        self,
        method: str,
        path: str,
        answer: TypeAdapter[T],
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        gone: Code = Code.MC_NOT_FOUND,
    ) -> T:
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None

        def attempt() -> T:
            return parse(answer, self._attempt(method, path, params, content, gone), MAILCHIMP)

        return self.with_retries(attempt, repeatable=method != "POST")

    def _attempt(
        self, method: str, path: str, params: Mapping[str, str | int] | None, content: bytes | None, gone: Code
    ) -> bytes:
        answer = self._answer(method, path, params, content)
        if answer.status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
            return answer.body
        raise self._problem(answer, gone)

    def _answer(self, method: str, path: str, params: Mapping[str, str | int] | None, content: bytes | None) -> Answer:
        if method != "GET":
            self.check_may_write()
        headers = {"Content-Type": "application/json"} if content is not None else None
        request = self._http.build_request(
            method, self.base_url + path, params=params, content=content, headers=headers
        )
        with self._slot():
            return self.exchange(request, changes=method != "GET")

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._acquire_slot():
            raise NoSlotError(
                Code.MC_THROTTLED,
                say("Other work of this site used all of the account's connections for as long as this call may wait"),
                work_may_be_done=False,
            )
        try:
            yield
        finally:
            self.slots.release()

    def check_permit(self, *, changes: bool = False) -> None:
        """Make sure that the permit is held, if there is one, and that slots in use stay ours."""
        super().check_permit(changes=changes)
        self.slots.keep()

    def _acquire_slot(self) -> bool:
        for _ in range(int(SLOT_SECONDS_MAX / SLEEP_SLICE_SECONDS)):
            self.check_permit()
            if self.slots.acquire(SLEEP_SLICE_SECONDS):
                return True
            if self.deadline is not None and self.deadline.reached:
                return False
        return False

    def _problem(self, answer: Answer, gone: Code) -> RemoteError:
        """Return the typed error: by status and problem document, never by `type`.

        See docs/reference/mailchimp-behaviour.md#error-answers.
        """
        status, problem = answer.status, problem_document(answer.body)
        detail = refusal_detail(problem or {})
        if status == HTTPStatus.UNAUTHORIZED:
            return AccessError(Code.MC_AUTH, "Mailchimp does not accept the API key", status=status, detail=detail)
        if problem is None or status in _TEMPORARY or not 400 <= status < 500:  # noqa: PLR2004 (the class of refusals)
            return self._temporary(answer, problem or {})
        if status == HTTPStatus.FORBIDDEN:
            code = classify_refusal(status, problem)
            return AccessError(code, _FORBIDDEN[code], status=status, detail=detail)
        code = gone if status == HTTPStatus.NOT_FOUND else classify_refusal(status, problem)
        return RefusedError(
            code, say("Mailchimp refused the request (status %(status)s)", status=status), status=status, detail=detail
        )

    def _temporary(self, answer: Answer, problem: Mapping[str, Any]) -> TransientError:
        """Return the error for a temporary failure, with what Mailchimp says about it."""
        error = self._kind_of_temporary(answer)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            error.code = classify_refusal(answer.status, problem)
        error.detail = refusal_detail(problem) or error.detail
        return error

    def _kind_of_temporary(self, answer: Answer) -> TransientError:
        """Mailchimp's edge throttles with a 403 without a problem document."""
        status, now = answer.status, self.runtime.now()
        if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FORBIDDEN}:
            surely_not_done = status == HTTPStatus.TOO_MANY_REQUESTS
            return throttled(MAILCHIMP, answer, now, work_may_be_done=not surely_not_done)
        if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return unavailable(MAILCHIMP, answer, now)
        return unreadable_answer(MAILCHIMP, f"status {status}, no problem document", status)


def problem_document(body: bytes) -> dict[str, Any] | None:
    """Return Mailchimp's own problem document, or None: a page from a proxy or the edge is not Mailchimp's answer."""
    try:
        problem = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(problem, dict) or "title" not in problem:
        return None
    return None if str(problem["title"]).startswith("akamai_") else problem
