"""The caller of the API: a token or a signed-in user, and an address."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest
from ninja.utils import check_csrf

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import check_token
from mailchimpsync.errors import Code, DeniedError
from mailchimpsync.messages import say
from mailchimpsync.web.models import User
from mailchimpsync.web.responses import FORBIDDEN, RequestError
from mailchimpsync.web.service import door_of, service_of
from mailchimpsync.worker.access_log import NOTES_KEY

_HEADERS = ("Authorization", "X-Civi-Auth")
_NEIGHBOURS = 64  # an IPv6 caller has a whole /64


def authenticate(request: HttpRequest, needed: Scope, text: str | None = None) -> str:
    """Return the owner of a call's token, for the journal, if the token may do what is needed.

    The call is counted, and the token noted for the access log. `text` is the token if it did not come in a header.

    Raises:
        DeniedError: `TOKEN`, `SCOPE` or `TOO_MANY_CALLS`.
    """
    door = door_of(request)
    address = caller(request)
    door.limits.address.count(address)
    try:
        token = check_token(door.owner, text or _from_headers(request), needed)
    except DeniedError as error:
        if error.code is Code.TOKEN:
            door.limits.unknown_tokens.count(address)
        raise
    request.META.get(NOTES_KEY, {})["token"] = token.id
    door.limits.token.count(str(token.id))
    return f"token {token.name}"


def authenticate_token_or_user(request: HttpRequest, needed: Scope) -> str:
    """Return who calls, for the journal: the owner of a token, or without one the user signed in in this browser.

    Raises:
        DeniedError: as `authenticate`; `SCOPE`, the user's role is not sufficient.
        RequestError: the call may have been made by another site: it lacks the page's own `X-CSRFToken`.
    """
    user = request.user
    if not isinstance(user, User) or any(request.headers.get(header) for header in _HEADERS):
        return authenticate(request, needed)
    service = service_of(request)
    service.limits.address.count(caller(request))
    service.limits.token.count(f"user {user.pk}")
    _ = request.body  # read now, so that looking for a token among form fields doesn't use it up
    if check_csrf(request) is not None:
        raise RequestError("A call without a token needs the X-CSRFToken of a page that you opened here.", FORBIDDEN)
    if not user.may(needed):
        said = say(
            "The user %(name)s has the scope “%(scope)s”; this needs “%(needed)s”.",
            name=user.name,
            scope=user.scope,
            needed=needed,
        )
        raise DeniedError(Code.SCOPE, said)
    return str(user.name)


def caller(request: HttpRequest) -> str:
    """Return the caller's address as the outermost trusted proxy saw it; an IPv6 network counts as one caller."""
    proxies = door_of(request).settings.trusted_proxies
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
