"""The CiviCRM site: its address and key, tested live before they are saved, and its mailing groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import SecretStr

from mailchimpsync.actions import Level, probe_site, sized_groups, with_time_limit
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.rights import findings_of_rights, rights_in_use
from mailchimpsync.config import CivicrmSite, mask, time_zone
from mailchimpsync.errors import PURPOSES, SMALLEST, MailchimpsyncError
from mailchimpsync.web.screens.configuration.connection.part import warn_each
from mailchimpsync.web.screens.configuration.field_errors import add_error_beside_field
from mailchimpsync.web.screens.configuration.fields import NotBlank, SecretField
from mailchimpsync.web.screens.configuration.saving import ConfigurationForm, PendingChange, save_form, status_of_form
from mailchimpsync.web.screens.screen import Visit, screen


class CivicrmForm(ConfigurationForm):
    """The CiviCRM site."""

    url = NotBlank(
        label=gettext_lazy("CiviCRM address"),
        help_text=gettext_lazy(
            "As you see it in your browser, for example https://crm.example.org. Include the path if "
            "CiviCRM is in a subfolder."
        ),
        max_length=500,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )
    api_key = SecretField(
        label=gettext_lazy("API key"),
        help_text=gettext_lazy(
            "The user needs the permissions listed below, and the AuthX extension must accept API keys."
        ),
    )
    pattern = NotBlank(
        label=gettext_lazy("API address pattern"),
        help_text=gettext_lazy("Detected automatically. Needed only if the API uses a non-standard address."),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "https://…/civicrm/ajax/api4/{entity}/{action}"}),
    )

    web_server_user = NotBlank(
        label=gettext_lazy("Web server user name"),
        help_text=gettext_lazy("Only if your browser asks for a user name and password before it shows the site."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    web_server_password = SecretField(label=gettext_lazy("Web server password"), required=False)

    time_zone = NotBlank(
        label=gettext_lazy("Time zone of the site"),
        help_text=gettext_lazy(
            "For example, America/New_York. Needed only to import campaigns from dates when time zones that "
            "agree today differed."
        ),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "placeholder": "Europe/Paris"}),
    )

    def clean_time_zone(self) -> str:
        """Accept only the name of a time zone."""
        given = str(self.cleaned_data["time_zone"])
        try:
            return given and time_zone(given)
        except ValueError:
            raise forms.ValidationError(
                _("This time zone doesn't exist. Use a name such as America/New_York.")
            ) from None

    def clean(self) -> dict[str, Any]:
        """Require the key again for another address: a stored key is sent only to the address it was given for."""
        given = super().clean()
        known = self.visit.site.configuration.civicrm
        if not given.get("api_key") and not self.errors and (known is None or known.url != given.get("url")):
            said = (
                _("Enter the API key.")
                if known is None
                else _("Enter the key again: the stored one belongs to another address.")
            )
            self.add_error("api_key", said)
        return given

    @property
    def wanted(self) -> CivicrmSite:
        """The site that the form describes."""
        given, known = self.cleaned_data, self.visit.site.configuration.civicrm
        user = given["web_server_user"] or None
        stored = known.web_server_password if known and known.url == given["url"] else None
        return CivicrmSite(
            url=given["url"],
            api_key=_secret(given["api_key"], known.api_key if known else None) or SecretStr(""),
            pattern=given["pattern"] or None,
            time_zone=given["time_zone"] or None,
            web_server_user=user,
            web_server_password=_secret(given["web_server_password"], stored) if user else None,
        )


def _secret(given: str, known: SecretStr | None) -> SecretStr | None:
    """An empty field keeps the secret that is known."""
    return SecretStr(given) if given else known


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST", is_readable=True)
def edit(visit: Visit) -> HttpResponse:
    """Change the site; it is tested before it is saved."""
    known = visit.site.configuration.civicrm
    shown = {name: getattr(known, name) for name in ("url", "web_server_user", "time_zone")} if known else {"url": ""}
    form = CivicrmForm(visit, initial=shown)
    if form.is_bound and form.is_valid() and (answer := _save(visit, form)) is not None:
        return answer
    context = {
        "form": form,
        "known": known,
        "key": mask(known.api_key.get_secret_value()) if known else "",
        "rights": [(right.value, PURPOSES[right], right in SMALLEST) for right in PURPOSES],
    }
    return visit.render("configuration/civicrm.html", context, status=status_of_form(form))


def _save(visit: Visit, form: CivicrmForm) -> HttpResponse | None:
    before = visit.site.configuration
    try:
        wanted = before.with_civicrm(form.wanted)
        with with_time_limit(visit.site) as site:
            found = probe_site(site, wanted.civicrm or form.wanted)
    except MailchimpsyncError as error:
        add_error_beside_field(form, error, key="api_key", address="url")
        return None
    done = ngettext(
        "CiviCRM responded, and the key has the permissions needed to sync. %(number)s mailing group can be connected.",
        "CiviCRM responded, and the key has the permissions needed to sync. %(number)s mailing groups "
        "can be connected.",
        len(found.groups),
    )
    needed = rights_in_use(before)
    missing = [one.found for one in findings_of_rights(found.rights, needed) if one.level is not Level.GOOD]
    told = done % {"number": len(found.groups)}
    wish = PendingChange(wanted.replacing(civicrm=found.civicrm), told, reverse("configuration-groups"))
    answer = save_form(visit, form, wish, check=bool(before.connections))
    if answer is not None:
        warn_each(visit, missing)
    return answer


@screen()
def groups(visit: Visit) -> HttpResponse:
    """Show the mailing groups that can be connected, and what they are connected with."""
    if visit.site.configuration.civicrm is None:
        return redirect("configuration")
    with with_time_limit(visit.site) as site:
        found = sized_groups(site)
    connected = {
        group_id: link for link in visit.site.configuration.connections for group_id in link.connection.group_ids
    }
    context = {
        "groups": [(group, connected.get(group.id)) for group in found],
        "has_account": bool(visit.site.configuration.accounts),
    }
    return visit.render("configuration/groups.html", context)


urlpatterns = [
    path("configuration/civicrm", edit, name="configuration-civicrm"),
    path("configuration/civicrm/groups", groups, name="configuration-groups"),
]
