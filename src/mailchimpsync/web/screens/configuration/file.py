"""The configuration as a file: export, edit, import."""

from __future__ import annotations

from typing import Literal

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import export_configuration, read_configuration
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.errors import ConfigurationError, MailchimpsyncError
from mailchimpsync.web.screens.configuration.saving import (
    ConfigurationForm,
    PendingChange,
    add_error,
    front,
    lines_of,
    save,
    status_of_form,
)
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.templatetags.screens import translated

FILE_BYTES_MAX = 1_000_000


class FileForm(ConfigurationForm):
    """A configuration to import."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "TOML or JSON as exported here, or the PHP extension's JSON. Masked keys keep their stored values."
        ),
    )
    unchecked = forms.BooleanField(
        label=gettext_lazy("Save without checking the settings against CiviCRM and Mailchimp"), required=False
    )

    def clean_file(self) -> str:
        """It is a text, and not too long."""
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES_MAX:
            raise ValidationError(_("The file is too large to be a configuration."))
        try:
            text: str = file.read().decode("utf-8")
        except UnicodeDecodeError:
            raise ValidationError(_("The file isn't a text file.")) from None
        return text


@screen()
def show(visit: Visit) -> HttpResponse:
    """Show the configuration as a text, keys masked."""
    context = {"text": export_configuration(visit.site), "form": FileForm(visit)}
    return visit.render("configuration/file.html", context)


@screen()
def export(visit: Visit, form: Literal["toml", "json"]) -> HttpResponse:
    """Give it as a file, keys masked."""
    return _download(export_configuration(visit.site, form=form), form)


@screen(Scope.CONFIGURE, "POST")
def export_secrets(visit: Visit) -> HttpResponse:
    """Give it as a file, with every key in plain text."""
    return _download(export_configuration(visit.site, keys="plain"), "toml")


@screen(Scope.CONFIGURE, "POST")
def import_file(visit: Visit) -> HttpResponse:
    """Read a file, and show what it would change and delete before it is saved."""
    form = FileForm(visit)
    if form.is_valid():
        try:
            wanted = read_configuration(visit.site, form.cleaned_data["file"])
            wish = PendingChange(wanted, _("The configuration was imported."), front())
            return save(visit, wish, check=not form.cleaned_data["unchecked"], always_ask=True)
        except ConfigurationError as error:
            form.add_error("file", lines_of(translated(one) for one in error.problems or [error.what]))
        except MailchimpsyncError as error:
            add_error(form, error)
    context = {"text": export_configuration(visit.site), "form": form}
    return visit.render("configuration/file.html", context, status=status_of_form(form))


def _download(text: str, form: str) -> HttpResponse:
    kind = "application/json" if form == "json" else "application/toml"
    headers = {"Content-Disposition": f'attachment; filename="mailchimpsync-configuration.{form}"'}
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=headers)


urlpatterns = [
    path("configuration/file", show, name="configuration-file"),
    path("configuration/file/toml", export, {"form": "toml"}, name="configuration-export"),
    path("configuration/file/json", export, {"form": "json"}, name="configuration-export-json"),
    path("configuration/file/secrets", export_secrets, name="configuration-export-secrets"),
    path("configuration/file/import", import_file, name="configuration-import"),
]
