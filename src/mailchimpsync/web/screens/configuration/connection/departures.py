"""What each way of leaving in CiviCRM means at Mailchimp."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django import forms
from django.forms import BoundField
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.config import Link
from mailchimpsync.model import DEPARTURES, Departure, Leaving
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.part import PartForm, edit_part
from mailchimpsync.web.screens.screen import Visit

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
"""The name of each way of leaving, and who it applies to; the most frequent come first."""

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


class DeparturesForm(PartForm):
    """A choice for each way of leaving."""

    part = "departures"

    def __init__(self, visit: Visit, link: Link) -> None:
        """Make a field for each."""
        super().__init__(visit, link)
        for kind, (title, _who) in KINDS.items():
            default = DEPARTURES[kind]
            choices = [(one.value, _WITH_DEFAULT[one] if one is default else MEANINGS[one]) for one in Leaving]
            self.fields[kind.value] = forms.ChoiceField(label=str(title), choices=choices)

    @property
    def kinds(self) -> Iterator[tuple[Promise, Promise, BoundField]]:
        """Each way of leaving: its name, who it applies to, and its field."""
        for kind, (title, who) in KINDS.items():
            yield title, who, self[kind.value]


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


urlpatterns = [edit_part("departures", DeparturesForm)]
