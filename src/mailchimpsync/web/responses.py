"""How outcomes and errors become answers over HTTP."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic_core import to_json

from mailchimpsync.actions.api.envelope import failure
from mailchimpsync.errors import (
    BusyError,
    Code,
    ConfigurationError,
    ConfirmationError,
    DeniedError,
    EvidenceError,
    LeaseLostError,
    MailchimpsyncError,
    RemoteError,
    StoreError,
    TransientError,
    UsageError,
)
from mailchimpsync.messages import say
from mailchimpsync.web.limits import TooManyCallsError

logger = logging.getLogger(__name__)

OK = 200
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD, CONFLICT = 400, 401, 403, 404, 405, 409
LENGTH_REQUIRED, TOO_LARGE, MEDIA_TYPE, TOO_MANY = 411, 413, 415, 429
INTERNAL, BAD_GATEWAY, UNAVAILABLE = 500, 502, 503

STATUSES = {
    BAD_REQUEST: "The call is invalid; the message names every problem.",
    UNAUTHORIZED: "The token is missing or not valid.",
    FORBIDDEN: "The token's scope is not sufficient.",
    NOT_FOUND: "There is no such action or object.",
    CONFLICT: "Another run is in progress, or a loss of data has to be confirmed first.",
    LENGTH_REQUIRED: "The call has no Content-Length.",
    TOO_LARGE: "The call is too large.",
    MEDIA_TYPE: "The call is not JSON.",
    TOO_MANY: "Too many calls; Retry-After says when to try again.",
    INTERNAL: "An internal error; details are in the log.",
    BAD_GATEWAY: "CiviCRM or Mailchimp refused the request or sent an unexpected answer.",
    UNAVAILABLE: "CiviCRM, Mailchimp or the database can't be reached; try again later.",
}
"""The statuses of errors, and what each of them says."""

_BY_CODE = {
    Code.UNKNOWN: NOT_FOUND,
    Code.TOKEN: UNAUTHORIZED,
    Code.SCOPE: FORBIDDEN,
    Code.TOO_MANY_CALLS: TOO_MANY,
    Code.SECRET: INTERNAL,
}
_BY_KIND: tuple[tuple[type[MailchimpsyncError], int], ...] = (
    (UsageError, BAD_REQUEST),
    (ConfigurationError, BAD_REQUEST),
    (DeniedError, FORBIDDEN),
    (ConfirmationError, CONFLICT),
    (BusyError, CONFLICT),
    (LeaseLostError, CONFLICT),
    (TransientError, UNAVAILABLE),
    (StoreError, UNAVAILABLE),
    (RemoteError, BAD_GATEWAY),
    (EvidenceError, BAD_GATEWAY),
)
_FRAMES_LOGGED = 6


class RequestError(UsageError):
    """The request is malformed, whatever it asks for; `status` says in which way."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what)
        self.status = status


def status_of(error: MailchimpsyncError) -> int:
    """Return the HTTP status that says what kind of error it is."""
    if isinstance(error, RequestError):
        return error.status
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((status for kind, status in _BY_KIND if isinstance(error, kind)), INTERNAL)


def json_answer(content: Any, status: int = OK) -> HttpResponse:
    """Return plain values as JSON."""
    return HttpResponse(to_json(content, inf_nan_mode="null"), status=status, content_type="application/json")


def error_answer(error: MailchimpsyncError, status: int | None = None) -> HttpResponse:
    """Return an error in CiviCRM's envelope, with the headers its status asks for."""
    answer = json_answer(failure(error), status or status_of(error))
    if isinstance(error, TooManyCallsError):
        answer.headers["Retry-After"] = str(error.seconds)
    if error.code is Code.TOKEN:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def unexpected(_request: HttpRequest) -> HttpResponse:
    """Answer the unexpected exception that is being handled."""
    return error_answer(log_unexpected())


def log_unexpected() -> MailchimpsyncError:
    """Return an error for the exception that is being handled; log where it was raised, but not its message."""
    kind, _, trace = sys.exc_info()
    name = kind.__name__ if kind else "nothing"
    frames = traceback.extract_tb(trace)[-_FRAMES_LOGGED:]
    places = " < ".join(
        f"{frame.name}:{frame.lineno} {frame.filename.rpartition('/')[2]}" for frame in reversed(frames)
    )
    logger.error("An unexpected %s, raised in %s", name, places)
    return MailchimpsyncError(Code.INTERNAL, say("Something unexpected happened (%(name)s).", name=name))
