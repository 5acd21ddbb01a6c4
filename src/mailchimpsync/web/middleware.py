"""Checks of every request, and headers of every response."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.urls import set_urlconf
from django.utils import timezone
from django.utils.cache import patch_cache_control

from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.web.fleet.services import FLEET_URLCONF, FleetService
from mailchimpsync.web.problem_page import is_for_programs
from mailchimpsync.web.responses import BAD_REQUEST, LENGTH_REQUIRED, METHOD, TOO_LARGE, RequestError, error_answer
from mailchimpsync.web.service import door_of
from mailchimpsync.web.settings import CONTENT_POLICY, MAX_BODY_BYTES

View = Callable[[HttpRequest], HttpResponse]

PROBES = frozenset({"/health", "/ready", "/metrics"})
"""Paths for monitoring, which may use any host name."""

_FORM_ERRORS = (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError, UnicodeDecodeError)


NO_CONTENT = 204

TIME_ZONE_COOKIE = "mailchimpsync_time_zone"
"""Set by `screens.js`: the IANA name of the browser's time zone."""


def add_headers(get_response: View) -> View:
    """Add the content policy and the length to every response, and keep responses with data out of caches."""

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        answer.headers["Content-Security-Policy"] = CONTENT_POLICY
        if not answer.has_header("Cache-Control"):
            patch_cache_control(answer, no_store=True)
        if not answer.streaming and answer.status_code != NO_CONTENT:
            answer.headers["Content-Length"] = str(len(answer.content))
            if request.method == "HEAD":  # not every server leaves the body out
                answer.content = b""
        return answer

    return middleware


def keep_cookies_in_place(get_response: View) -> View:
    """Limit each cookie to the path of the site that is served, whatever has set it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        for cookie in answer.cookies.values():
            cookie["path"] = request.META["SCRIPT_NAME"] or "/"
            if request.is_secure():
                cookie["secure"] = True
        return answer

    return middleware


def use_addresses_of_fleet(get_response: View) -> View:
    """Find the fleet's own pages, where no site is served."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if isinstance(door_of(request), FleetService):
            request.urlconf = FLEET_URLCONF
            set_urlconf(FLEET_URLCONF)
        return get_response(request)

    return middleware


def use_readers_time_zone(get_response: View) -> View:
    """Write times in the browser's time zone if it is known, else in UTC."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(_time_zone(request)):
            return get_response(request)

    return middleware


def _time_zone(request: HttpRequest) -> ZoneInfo | None:
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(unquote(request.COOKIES.get(TIME_ZONE_COOKIE, "")))
    return None


class RequestChecks:
    """Rejects requests that are too large or for another host, and answers the errors that views raise."""

    def __init__(self, get_response: View) -> None:
        """Store the next handler, as Django requires."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        try:
            _check(request)
        except RequestError as error:
            return error_answer(error)
        answer = self.get_response(request)
        return _wrong_method(request, answer) if answer.status_code == METHOD else answer

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an error that a view raised; Django handles unexpected ones, see `responses.unexpected`."""
        if isinstance(error, MailchimpsyncError):
            return error_answer(error)
        if isinstance(error, RequestDataTooBig):
            return error_answer(_too_large())
        if isinstance(error, _FORM_ERRORS):
            return error_answer(RequestError("The request's form fields can't be read.", BAD_REQUEST))
        return None


def _check(request: HttpRequest) -> None:
    if "HTTP_TRANSFER_ENCODING" in request.META:  # Django would read it as empty, and the call would do something else
        raise RequestError("The request needs a Content-Length.", LENGTH_REQUIRED)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():
        raise RequestError("The Content-Length is not a number.", BAD_REQUEST)
    if int(length) > MAX_BODY_BYTES:
        raise _too_large()
    if request.path_info not in PROBES:
        _check_host(request)


def _wrong_method(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Say to programs in their own form that an address takes other methods."""
    if not is_for_programs(request):
        return answer
    allowed = answer.headers.get("Allow", "")
    said = error_answer(RequestError(f"This address takes {allowed}, not {request.method}.", METHOD))
    said.headers["Allow"] = allowed
    return said


def _check_host(request: HttpRequest) -> None:
    try:
        request.get_host()
    except DisallowedHost:
        raise RequestError(
            "This service doesn't answer to that host name; see `public_url` and `listen`.", BAD_REQUEST
        ) from None


def _too_large() -> RequestError:
    return RequestError(f"The request is too large: at most {MAX_BODY_BYTES:,} bytes are allowed.", TOO_LARGE)
