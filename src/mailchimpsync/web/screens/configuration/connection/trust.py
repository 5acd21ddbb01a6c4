"""Which side is right where both differ, until one reviewed sync has brought the other into line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.config import Link
from mailchimpsync.model import Trust
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.part import PartForm, edit_part
from mailchimpsync.web.screens.names import interest_name, names_at_once
from mailchimpsync.web.screens.screen import Visit

SIDES: Mapping[Trust, Promise] = {
    Trust.NONE: gettext_lazy("neither: the latest change counts (default)"),
    Trust.CIVICRM: gettext_lazy("CiviCRM is right"),
    Trust.MAILCHIMP: gettext_lazy("Mailchimp is right"),
}
SUBSCRIPTION = "subscription"
_PREFIX = "interest_"


class TrustForm(PartForm):
    """A side for the subscription, and for each interest that is connected."""

    def __init__(self, visit: Visit, link: Link) -> None:
        """Take what is trusted now."""
        super().__init__(visit, link)
        names = names_at_once(visit, link)
        self.fields[SUBSCRIPTION] = _field(_("Which side is right"), link.trust)
        for key in dict.fromkeys([*link.interests, *link.trust_interests]):
            self.fields[_PREFIX + key] = _field(interest_name(names, key), link.trust_interests.get(key, Trust.NONE))

    @property
    def interests(self) -> Iterator[BoundField]:
        """The interests' fields."""
        return (field for field in self.visible_fields() if field.name.startswith(_PREFIX))

    @property
    def changed(self) -> dict[str, Any]:
        """What the form says of a link."""
        given = {name: Trust(side) for name, side in self.cleaned_data.items() if name != "version"}
        by_interest = {name.removeprefix(_PREFIX): side for name, side in given.items() if name.startswith(_PREFIX)}
        trusted = {name: side for name, side in by_interest.items() if side is not Trust.NONE}
        return {"trust": given[SUBSCRIPTION], "trust_interests": trusted}


def _field(label: str, side: Trust) -> forms.Field:
    return forms.ChoiceField(label=label, choices=[(one.value, words) for one, words in SIDES.items()], initial=side)


def card(visit: Visit, link: Link) -> Card:
    """Say which side is trusted with what."""
    lines = list(_trusted(visit, link))
    if lines:
        lines.append(
            _("The next sync is a full sync and is held for review. After that, this setting ends automatically.")
        )
    else:
        lines = [_("Neither side: where they differ, the latest change counts.")]
    url = reverse("configuration-trust", args=[link.audience_id])
    return Card("trust", _("Which side is right"), lines, url, _("Trust one side"))


def _trusted(visit: Visit, link: Link) -> Iterator[str]:
    if link.trust is Trust.CIVICRM:
        yield _("CiviCRM is right about subscriptions.")
    if link.trust is Trust.MAILCHIMP:
        yield _("Mailchimp is right about subscriptions.")
    names = names_at_once(visit, link)
    for key, side in link.trust_interests.items():
        text = (
            _("CiviCRM is right about: %(what)s") if side is Trust.CIVICRM else _("Mailchimp is right about: %(what)s")
        )
        yield text % {"what": interest_name(names, key)}


urlpatterns = [edit_part("trust", TrustForm)]
