"""All addresses of the service."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mailchimpsync.web import health, webhooks
from mailchimpsync.web.api import api_docs
from mailchimpsync.web.api.api4 import api4
from mailchimpsync.web.api.rest import rest
from mailchimpsync.web.api.routes import api, unknown_action
from mailchimpsync.web.problem_page import is_for_programs, problem_page
from mailchimpsync.web.responses import BAD_REQUEST, FORBIDDEN, NOT_FOUND, RequestError, error_answer, unexpected

civicrm_api4 = csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(api4))
civicrm_rest = csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(rest))

urlpatterns = [
    path("webhook/audience", webhooks.audience),
    path("webhook/batch", webhooks.batch),
    path("health", csrf_exempt(health.health)),
    path("ready", csrf_exempt(health.ready)),
    path("metrics", csrf_exempt(health.metrics)),
    path("api/openapi.json", api_docs.document, name="openapi"),
    path("api/docs", api_docs.page, name="api-docs"),
    path("civicrm/ajax/rest", civicrm_rest),
    path("civicrm/ajax/api4/<str:entity>/<str:action>", civicrm_api4),
    path("api/", api.urls),
    path("api/<str:entity>/<str:action>", csrf_exempt(unknown_action)),
    path("", include("mailchimpsync.web.screens.urls")),
]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django rejected."""
    what = gettext_noop("The request can't be read (%(kind)s).")
    return _answer(request, BAD_REQUEST, _("Invalid request"), what, kind=type(exception).__name__)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django names it)
    """Answer a request that is not allowed."""
    return _answer(request, FORBIDDEN, _("This isn't allowed"), gettext_noop("This isn't allowed."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django names it)
    """Answer a request for an unknown address."""
    return _answer(request, NOT_FOUND, _("Page not found"), gettext_noop("There is no page at this address."))


def crashed(request: HttpRequest) -> HttpResponse:
    """Answer an unexpected exception."""
    answer = unexpected(request)
    if is_for_programs(request):
        return answer
    what = _("An unexpected error occurred. It's recorded in the service log.")
    return problem_page(request, _("Something went wrong"), what, answer.status_code)


def _answer(request: HttpRequest, status: int, title: str, what: str, **values: str) -> HttpResponse:
    """Answer programs in English and people in their language."""
    if is_for_programs(request):
        return error_answer(RequestError(what % values, status))
    return problem_page(request, title, _(what) % values, status)


handler400, handler403, handler404, handler500 = bad_request, forbidden, not_found, crashed
