"""The OpenAPI document, and a page to read it and try it. The page holds no data; the document needs a caller."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.web.api.routes import openapi_document
from mailchimpsync.web.authentication import authenticate_token_or_user
from mailchimpsync.web.models import User
from mailchimpsync.web.responses import json_answer
from mailchimpsync.web.service import service_of


@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document.

    Raises:
        DeniedError: no token of scope `read`, and nobody is signed in.
    """
    authenticate_token_or_user(request, Scope.READ)
    content = openapi_document(reverse("openapi").removesuffix("openapi.json"))
    return json_answer({**content, "servers": [{"url": _origin(request)}]})


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Return the page. Signed-in users try the API as themselves; anybody else is asked for a token, or to sign in."""
    user = request.user if isinstance(request.user, User) else None
    context = {"user": user, "may_make_tokens": user is not None and user.may(Scope.CONFIGURE)}
    return render(request, "mailchimpsync/api.html", context)


def _origin(request: HttpRequest) -> str:
    """Return where programs find the service: the paths of the document are below it."""
    public = urlsplit(service_of(request).site.settings.public_url or "")
    return f"{public.scheme}://{public.netloc}" if public.netloc else request.build_absolute_uri("/").rstrip("/")
