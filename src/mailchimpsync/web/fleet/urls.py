"""The addresses of a fleet's own pages. Those of signing in have the same names as a site's."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from mailchimpsync.web import health, urls
from mailchimpsync.web.fleet import screens
from mailchimpsync.web.sign_in import ChangePassword, SetPassword, SignIn, SignOut, welcome

urlpatterns = [
    path("health", csrf_exempt(health.health)),
    path("ready", csrf_exempt(health.ready)),
    path("metrics", csrf_exempt(health.metrics)),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("password", ChangePassword.as_view(), name="password"),
    path("password/<uidb64>/<token>", SetPassword.as_view(), name="set-password"),
    path("welcome/<str:word>", welcome, name="welcome"),
    path("language", set_language, name="set-language"),
    path("", screens.index, name="overview"),
    path("preview", screens.preview, name="preview"),
    path("begin", screens.begin, name="begin"),
    path("sites/<str:name>/open", screens.open_site, name="open-site"),
    path("operations", screens.operations, name="operations"),
    path("operations/<int:number>", screens.operation, name="operation"),
    path("help/<path:name>", screens.show_help, name="help"),
]

handler400, handler403, handler404, handler500 = urls.bad_request, urls.forbidden, urls.not_found, urls.crashed
