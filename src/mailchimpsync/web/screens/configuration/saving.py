"""How the screens save the configuration: they never undo others' changes, and they list first what will be deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import (
    Site,
    change_configuration,
    check_live,
    data_to_be_deleted,
    version_of,
    with_time_limit,
)
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.config import Configuration, changes, from_stored, to_stored
from mailchimpsync.errors import ConfigurationError, MailchimpsyncError, UsageError
from mailchimpsync.messages import join
from mailchimpsync.store.privacy.removed_audiences import AudienceData
from mailchimpsync.web.screens.configuration.change_list import group_by_part
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.templatetags.screens import translated

BAD_REQUEST, CONFLICT = 400, 409
CHECK_SECONDS = 10.0
"""How long checking everything in a configuration with both sides may take."""


class ConfigurationForm(forms.Form):
    """A form that changes the configuration, and knows which version it was filled in from.

    `is_late`: someone else saved in the meantime.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, visit: Visit, **options: Any) -> None:
        """Take what was posted, if anything was."""
        self.visit = visit
        request = visit.request
        self.is_late = False
        self._posted = request.POST.copy() if request.method == "POST" else None
        files = request.FILES if request.method == "POST" else None
        options["initial"] = {**options.get("initial", {}), "version": visit.site.version}
        super().__init__(self._posted, files, **options)

    def clean(self) -> dict[str, Any]:
        """Refuse a form based on an older version; after reading what changed, the reader can save it."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        version, newest = given.get("version"), self.visit.site.version
        if self._posted is not None and version is not None and version != newest:
            self._posted["version"] = str(newest)
            self.is_late = True
            raise ValidationError(self._what_changed(version))
        return given

    def _what_changed(self, version: int) -> list[str]:
        said = _(
            "Someone else has changed the configuration since you opened this page, so nothing was saved. "
            "Their changes are listed below. Check that yours still make sense, then save again."
        )
        return [said, *map(translated, changes_since(self.visit.site, version))]


@dataclass(frozen=True)
class PendingChange:
    """A configuration to be saved, the message to show afterwards, and the page to go to."""

    configuration: Configuration
    done: str
    to: str


def changes_since(site: Site, version: int) -> Sequence[str]:
    """Return what has changed since a version, in words; nothing, if that version can no longer be read."""
    try:
        before = version_of(site, version) if version > 0 else Configuration()
    except MailchimpsyncError:
        return []
    return changes(before, site.configuration)


def save(visit: Visit, wish: PendingChange, *, check: bool, always_ask: bool = False) -> HttpResponse:
    """Save it, or list what would be deleted and ask for confirmation; with `check`, check it with both sides first.

    Raises:
        ConfigurationError: it can't be used; every problem is named.
        BusyError, TransientError, AccessError, EvidenceError: as `change_configuration`.
    """
    wanted = wish.configuration
    if check:
        with with_time_limit(visit.site, CHECK_SECONDS) as site:
            wanted = check_live(site, wanted)
    going = data_to_be_deleted(visit.site, wanted)
    if going or always_ask:
        return _ask_confirmation(visit, PendingChange(wanted, wish.done, wish.to), going)
    change_configuration(visit.site, wanted, by=visit.by, check=False)
    visit.say(wish.done)
    return redirect(wish.to)


def save_form(visit: Visit, form: ConfigurationForm, wish: PendingChange, *, check: bool) -> HttpResponse | None:
    """Save it as `save` does; None: it could not be saved, and the form says why."""
    try:
        return save(visit, wish, check=check)
    except MailchimpsyncError as error:
        add_error(form, error)
        return None


def add_error(form: forms.Form, error: MailchimpsyncError) -> None:
    """Put an error that belongs to no field above the form, a line for each problem."""
    problems = error.problems if isinstance(error, ConfigurationError) else ()
    form.add_error(None, lines_of(map(translated, problems) if problems else translated(error.what).splitlines()))


def status_of_form(form: ConfigurationForm) -> int:
    """Return the HTTP status of a page with a form."""
    if not form.errors:
        return 200
    return CONFLICT if form.is_late else BAD_REQUEST


def _ask_confirmation(visit: Visit, wish: PendingChange, going: Sequence[AudienceData]) -> HttpResponse:
    """Show what would change and be deleted; the page carries the wish, sealed, so that exactly this is saved."""
    titles = {link.audience_id: link.title for link in visit.site.configuration.connections}
    context = {
        "going": [(titles.get(one.list_id, one.list_id), one) for one in going],
        "changes": group_by_part(changes(visit.site.configuration, wish.configuration)),
        "wish": _sealed(visit.site, wish),
        "back": wish.to,
    }
    return visit.render("configuration/confirm.html", context)


def _sealed(site: Site, wish: PendingChange) -> str:
    document = to_stored(wish.configuration, str)
    values = {"version": site.version, "document": document, "done": wish.done, "to": wish.to}
    return site.keyring.encrypt(json.dumps(values))


def _opened(site: Site, sealed: str) -> tuple[int, PendingChange]:
    try:
        values = json.loads(site.keyring.decrypt(sealed))
        return values["version"], PendingChange(
            from_stored(values["document"], site.keyring), values["done"], values["to"]
        )
    except (ConfigurationError, ValueError, KeyError, TypeError):
        raise UsageError(_("The confirmation can't be read. Start again.")) from None


@screen(Scope.CONFIGURE, "POST")
def confirm(visit: Visit) -> HttpResponse:
    """Save what was shown and confirmed, if it is still the same."""
    version, wish = _opened(visit.site, visit.request.POST.get("wish", ""))
    if version != visit.site.version:
        said = _(
            "Someone else has changed the configuration in the meantime. Nothing was saved or deleted; start again."
        )
        raise ConfigurationError(join("\n", [said, *changes_since(visit.site, version)]))
    change_configuration(visit.site, wish.configuration, by=visit.by, confirm=True, check=False)
    visit.say(wish.done)
    return redirect(wish.to)


def lines_of(texts: Iterable[str]) -> ValidationError:
    """Return an error of several lines."""
    return ValidationError([str(text) for text in texts if text])


def front() -> str:
    """Return where the configuration's first page is."""
    return reverse("configuration")


urlpatterns = [path("configuration/confirm", confirm, name="configuration-confirm")]
