"""What each kind of leaving in CiviCRM means at Mailchimp."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django import forms
from django.forms import BoundField
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.config import Departures, Link
from mailchimpsync.model import DEPARTURES, Departure, Leaving
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.part import save_part, show_part
from mailchimpsync.web.screens.configuration.saving import ConfigurationForm
from mailchimpsync.web.screens.screen import Visit, screen

KINDS: Mapping[Departure, tuple[Promise, Promise]] = {
    Departure.REMOVED: (
        gettext_lazy("Left the group"),
        gettext_lazy("They were removed from the subscription group."),
    ),
    Departure.OPT_OUT: (
        gettext_lazy("No bulk emails"),
        gettext_lazy("They are marked “no bulk emails (user opt out)” in CiviCRM."),
    ),
    Departure.DO_NOT_EMAIL: (
        gettext_lazy("Do not email"),
        gettext_lazy("They are marked “do not email” in CiviCRM."),
    ),
    Departure.DECEASED: (gettext_lazy("Deceased"), gettext_lazy("They are marked deceased in CiviCRM.")),
    Departure.TRASHED: (
        gettext_lazy("In the trash"),
        gettext_lazy("Their contact is in the trash, and no other contact has the address."),
    ),
    Departure.DELETED: (
        gettext_lazy("Permanently deleted"),
        gettext_lazy(
            "Their contact no longer exists, or the API key's user can't see it. Choose an action only if "
            "that user can see all contacts."
        ),
    ),
    Departure.MERGED: (
        gettext_lazy("Merged"),
        gettext_lazy("Their contact was merged into another one that is subscribed with a different address."),
    ),
    Departure.ON_HOLD: (
        gettext_lazy("E-mail on hold"),
        gettext_lazy("The address bounced in CiviCRM's own mailings. It may still work at Mailchimp."),
    ),
}
"""What people call the kinds of leaving, and who is meant; those that happen most come first."""

MEANINGS: Mapping[Leaving, Promise] = {
    Leaving.UNSUBSCRIBE: gettext_lazy("unsubscribe"),
    Leaving.ARCHIVE: gettext_lazy("archive"),
    Leaving.NOTHING: gettext_lazy("nothing"),
}
_WITH_DEFAULT: Mapping[Leaving, Promise] = {
    Leaving.UNSUBSCRIBE: gettext_lazy("unsubscribe (default)"),
    Leaving.ARCHIVE: gettext_lazy("archive (default)"),
    Leaving.NOTHING: gettext_lazy("nothing (default)"),
}


class DeparturesForm(ConfigurationForm):
    """A choice for each kind of leaving."""

    def __init__(self, visit: Visit, before: Departures) -> None:
        """Take the table as it is."""
        super().__init__(visit, initial={kind.value: meaning.value for kind, meaning in before.by_kind.items()})
        for kind, (title, _who) in KINDS.items():
            usual = DEPARTURES[kind]
            choices = [(one.value, _WITH_DEFAULT[one] if one is usual else MEANINGS[one]) for one in Leaving]
            self.fields[kind.value] = forms.ChoiceField(label=str(title), choices=choices)

    @property
    def kinds(self) -> Iterator[tuple[Promise, Promise, BoundField]]:
        """Each kind: what it is called, who is meant, and its field."""
        for kind, (title, who) in KINDS.items():
            yield title, who, self[kind.value]

    @property
    def wanted(self) -> Departures:
        """The table as the form says it."""
        return Departures.model_validate({kind.value: self.cleaned_data[kind.value] for kind in KINDS})


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def edit(visit: Visit, list_id: str) -> HttpResponse:
    """Choose what leaving means."""
    link = find_audience(visit.site, list_id)
    form = DeparturesForm(visit, link.departures)
    if form.is_bound and form.is_valid():
        answer = save_part(visit, form, link, {"departures": form.wanted}, check=False)
        if answer is not None:
            return answer
    return show_part(visit, "connection_departures", link, form)


def card(_visit: Visit, link: Link) -> Card:
    """Say what leaving means, each meaning with its kinds."""
    sentences = {
        Leaving.UNSUBSCRIBE: _("Unsubscribed at Mailchimp: %(kinds)s"),
        Leaving.ARCHIVE: _("Archived at Mailchimp: %(kinds)s"),
        Leaving.NOTHING: _("Not changed: %(kinds)s"),
    }
    table = link.departures.by_kind
    lines = []
    for meaning, sentence in sentences.items():
        kinds = [str(title) for kind, (title, _who) in KINDS.items() if table[kind] is meaning]
        if kinds:
            lines.append(sentence % {"kinds": " · ".join(kinds)})
    url = reverse("configuration-departures", args=[link.audience_id])
    return Card("departures", _("Ways of leaving"), lines, url, _("Choose what happens"))


urlpatterns = [path("configuration/connections/<str:list_id>/departures", edit, name="configuration-departures")]
