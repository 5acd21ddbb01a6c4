"""The caller of the API: token and address."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import Token, check_token
from mailchimpsync.errors import Code, DeniedError
from mailchimpsync.web.service import service_of
from mailchimpsync.worker.access_log import NOTES_KEY

_HEADERS = ("Authorization", "X-Civi-Auth")
_NEIGHBOURS = 64  # an IPv6 caller has a whole /64


def authenticate(request: HttpRequest, needed: Scope, text: str | None = None) -> Token:
    """Return the token of a call that may do what is needed; count the call, and note the token for the access log.

    `text` is the token if it did not come in a header.

    Raises:
        DeniedError: `TOKEN`, `SCOPE` or `TOO_MANY_CALLS`.
    """
    service = service_of(request)
    address = caller(request)
    service.limits.address.count(address)
    try:
        token = check_token(service.site, text or _from_headers(request), needed)
    except DeniedError as error:
        if error.code is Code.TOKEN:
            service.limits.unknown_tokens.count(address)
        raise
    request.META.get(NOTES_KEY, {})["token"] = token.id
    service.limits.token.count(str(token.id))
    return token


def caller(request: HttpRequest) -> str:
    """Return the caller's address as the outermost trusted proxy saw it; an IPv6 network counts as one caller."""
    proxies = service_of(request).site.settings.trusted_proxies
    address = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies and forwarded != [""]:
        address = forwarded[-min(proxies, len(forwarded))]
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network((parsed, _NEIGHBOURS), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def _from_headers(request: HttpRequest) -> str:
    for header in _HEADERS:
        kind, _, text = request.headers.get(header, "").strip().partition(" ")
        if kind.lower() == "bearer" and text.strip():
            return text.strip()
    raise DeniedError(Code.TOKEN, "The call has no token.")
