"""Receives Mailchimp's webhooks. The actions check the secret in the address."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.webhooks.receive import FORGED, NOT_OURS, receive_audience, receive_batch
from mailchimpsync.web.responses import METHOD, OK, TOO_LARGE
from mailchimpsync.web.service import service_of

MAX_WEBHOOK_BYTES = 256_000


@csrf_exempt
def audience(request: HttpRequest) -> HttpResponse:
    """Receive an event about a member."""
    signature = request.headers.get("X-Mailchimp-Signature")
    return _take(
        request, lambda site, secret, body: receive_audience(site, secret=secret, body=body, signature=signature)
    )


@csrf_exempt
def batch(request: HttpRequest) -> HttpResponse:
    """Receive the event that a batch is finished."""
    return _take(request, lambda site, secret, body: receive_batch(site, secret=secret, body=body))


def _take(request: HttpRequest, receive: Callable[[Site, str | None, bytes], int]) -> HttpResponse:
    if request.method in {"GET", "HEAD"}:  # Mailchimp checks the address this way
        return _answer(OK)
    if request.method != "POST":
        return _answer(METHOD)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_WEBHOOK_BYTES:
        return _answer(TOO_LARGE)
    service, secret = service_of(request), request.GET.get("secret")
    status = receive(service.site_for_webhooks(), secret, request.body)
    if status in {NOT_OURS, FORGED}:  # unless the account or the connection was made just now
        status = receive(service.site_for_webhooks(newest=True), secret, request.body)
    return _answer(status)


def _answer(status: int) -> HttpResponse:
    answer = HttpResponse("OK" if status == OK else "", status=status, content_type="text/plain")
    if status == METHOD:
        answer.headers["Allow"] = "GET, HEAD, POST"
    return answer
