"""The addresses of the screens."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from mailchimpsync.web.screens import configuration, help_pages, users
from mailchimpsync.web.screens.people import browser, cannot_sync, check_person, erase
from mailchimpsync.web.screens.plans import plans, runs
from mailchimpsync.web.screens.status import connection, overview
from mailchimpsync.web.sign_in import ChangePassword, SetPassword, SignIn, SignOut, sign_in_as_operator, welcome

urlpatterns = [
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("password", ChangePassword.as_view(), name="password"),
    path("password/<uidb64>/<token>", SetPassword.as_view(), name="set-password"),
    path("welcome/<str:word>", welcome, name="welcome"),
    path("operator/<str:word>", sign_in_as_operator, name="operator-sign-in"),
    path("language", set_language, name="set-language"),
    *overview.urlpatterns,
    *connection.urlpatterns,
    *runs.urlpatterns,
    *plans.urlpatterns,
    *check_person.urlpatterns,
    *erase.urlpatterns,
    *browser.urlpatterns,
    *cannot_sync.urlpatterns,
    *configuration.urlpatterns,
    *users.urlpatterns,
    *help_pages.urlpatterns,
]
