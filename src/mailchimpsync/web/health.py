"""Pages for monitoring: `/health`, `/ready` and `/metrics`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.errors import REGISTRY, StoreError
from mailchimpsync.web.authentication import authenticate, caller
from mailchimpsync.web.responses import NOT_FOUND, OK, UNAVAILABLE, RequestError, json_answer
from mailchimpsync.web.service import Door, door_of


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Answer that the process is running."""
    return HttpResponse("OK", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether the service can do its work, and if not, why."""
    service = door_of(request)
    service.limits.address.count(caller(request))
    problems = _problems(service)
    return json_answer({"ready": not problems, "problems": problems}, UNAVAILABLE if problems else OK)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics.

    Raises:
        DeniedError: no token of scope `read`.
        RequestError: this process has none.
    """
    authenticate(request, Scope.READ)
    if (measured := door_of(request).metrics) is None:
        raise RequestError("This process measures nothing.", NOT_FOUND)
    text, content_type = measured()
    return HttpResponse(text, content_type=content_type)


def _problems(service: Door) -> list[str]:
    """Return sentences of our own: anyone may read them, and database errors may name machines and users."""
    problems = []
    try:
        service.check_schema()
    except StoreError as error:
        problems.append(f"{error.code}: {REGISTRY[error.code].sentence}")
    if service.is_alive is not None and not service.is_alive():
        problems.append("The worker is not at work.")
    return problems
