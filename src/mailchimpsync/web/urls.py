"""Every address the service answers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailchimpsync.web import health, pages, webhooks
from mailchimpsync.web.answers import BAD_REQUEST, FORBIDDEN, NOT_FOUND, RequestError, error_answer, unexpected
from mailchimpsync.web.api import api, unknown_action
from mailchimpsync.web.rest import rest

civicrm_rest = csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(rest))

urlpatterns = [
    path("webhook/audience", webhooks.audience),
    path("webhook/batch", webhooks.batch),
    path("health", health.health),
    path("ready", health.ready),
    path("metrics", health.metrics),
    path("api/openapi.json", pages.document, name="openapi"),
    path("api/docs", pages.page),
    path("civicrm/ajax/rest", civicrm_rest),
    path("sites/all/modules/civicrm/extern/rest.php", civicrm_rest),
    path("api/", api.urls),
    path("api/<str:entity>/<str:action>", csrf_exempt(unknown_action)),
]


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself turned away."""
    return error_answer(RequestError(f"The request can't be read ({type(exception).__name__}).", BAD_REQUEST))


def forbidden(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django names it)
    """Answer what is not allowed."""
    return error_answer(RequestError("This is not allowed.", FORBIDDEN))


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django names it)
    """Answer an address that is none."""
    return error_answer(RequestError("There is nothing at this address.", NOT_FOUND))


handler400, handler403, handler404, handler500 = bad_request, forbidden, not_found, unexpected
