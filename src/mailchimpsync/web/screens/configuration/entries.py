"""Our entries in CiviCRM: whether they are there, and buttons that put them there or remove them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import (
    entries_in_civicrm,
    install_in_civicrm,
    remove_from_civicrm,
    with_time_limit,
)
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.errors import ConfirmationError, MailchimpsyncError
from mailchimpsync.web.screens.configuration.fields import SecretField
from mailchimpsync.web.screens.screen import Visit, screen

SECONDS = 20.0


class KeyForm(forms.Form):
    """A key for this once."""

    key = SecretField(
        label=gettext_lazy("Another API key"),
        help_text=gettext_lazy(
            "Only if the stored key's user may not administer CiviCRM. It is used once, and not stored."
        ),
    )


@screen()
def show(visit: Visit) -> HttpResponse:
    """Show whether the entries are there, as CiviCRM says now."""
    return _page(visit, KeyForm())


@screen(Scope.CONFIGURE, "POST")
def install(visit: Visit) -> HttpResponse:
    """Put the entries into CiviCRM, or correct them."""
    form = KeyForm(visit.request.POST)
    if not form.is_valid():
        return _page(visit, form)
    try:
        with with_time_limit(visit.site, SECONDS) as site:
            install_in_civicrm(site, form.cleaned_data["key"] or None)
    except MailchimpsyncError as error:
        return _page(visit, form, error)
    visit.say(_("The entries are in CiviCRM. In pages that are open there, they appear after reloading."))
    return redirect("configuration-entries")


@screen(Scope.CONFIGURE, "POST")
def remove(visit: Visit) -> HttpResponse:
    """Remove the entries from CiviCRM."""
    form = KeyForm(visit.request.POST)
    if not form.is_valid():
        return _page(visit, form)
    try:
        with with_time_limit(visit.site, SECONDS) as site:
            remove_from_civicrm(site, form.cleaned_data["key"] or None, confirm="confirm" in visit.request.POST)
    except ConfirmationError as error:
        return _page(visit, form, loss=error)
    except MailchimpsyncError as error:
        return _page(visit, form, error)
    visit.say(_("The entries are removed from CiviCRM."))
    return redirect("configuration-entries")


def _page(
    visit: Visit, form: KeyForm, error: MailchimpsyncError | None = None, loss: ConfirmationError | None = None
) -> HttpResponse:
    here = f"{visit.request.scheme}://{visit.request.get_host()}"
    context: dict[str, Any] = {
        "form": form,
        "error": error,
        "loss": loss,
        "public_url": visit.site.settings.public_url,
        "public_address": f'public_url = "{here}"',
        "civicrm": visit.site.configuration.civicrm,
    }
    if context["public_url"] and context["civicrm"] and error is None:
        with with_time_limit(visit.site, SECONDS) as site:
            try:
                context["findings"] = entries_in_civicrm(site)
            except MailchimpsyncError as failure:
                context["error"] = failure
    return visit.render("configuration/entries.html", context)


urlpatterns = [
    path("configuration/civicrm/entries", show, name="configuration-entries"),
    path("configuration/civicrm/entries/install", install, name="configuration-install-entries"),
    path("configuration/civicrm/entries/remove", remove, name="configuration-remove-entries"),
]
