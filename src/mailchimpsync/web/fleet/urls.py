"""The addresses of a fleet's own pages."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from mailchimpsync.web import health, urls

urlpatterns = [
    path("health", csrf_exempt(health.health)),
]

handler400, handler403, handler404, handler500 = urls.bad_request, urls.forbidden, urls.not_found, urls.crashed
