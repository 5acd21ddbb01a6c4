"""The OpenAPI document, and a page to read it and try it. The page holds no data; the document needs a token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.web.api.routes import openapi_document
from mailchimpsync.web.authentication import authenticate
from mailchimpsync.web.responses import json_answer


@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document.

    Raises:
        DeniedError: no token of scope `read`.
    """
    authenticate(request, Scope.READ)
    return json_answer(openapi_document(reverse("openapi").removesuffix("openapi.json")))


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Return the page, which asks for a token and keeps it as long as it is open."""
    return render(request, "mailchimpsync/api.html")
