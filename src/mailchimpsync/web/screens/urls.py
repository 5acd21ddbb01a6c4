"""The addresses of the screens."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from mailchimpsync.web.screens import (
    cache_browser,
    cannot_sync,
    check_person,
    configuration,
    erase,
    plans,
    status,
    users,
)
from mailchimpsync.web.sign_in import ChangePassword, SetPassword, SignIn, SignOut, welcome

urlpatterns = [
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("password", ChangePassword.as_view(), name="password"),
    path("password/<uidb64>/<token>", SetPassword.as_view(), name="set-password"),
    path("welcome/<str:word>", welcome, name="welcome"),
    path("language", set_language, name="set-language"),
    *status.urlpatterns,
    *check_person.urlpatterns,
    *erase.urlpatterns,
    *cache_browser.urlpatterns,
    *cannot_sync.urlpatterns,
    *plans.urlpatterns,
    *configuration.urlpatterns,
    *users.urlpatterns,
]
