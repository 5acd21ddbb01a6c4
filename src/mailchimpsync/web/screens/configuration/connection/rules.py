"""What a connection may do by itself: who left and is added again, how many people may change unseen, the signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import SecretStr

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.config import Guard, Link, mask
from mailchimpsync.model import NewMembers, Resubscribe
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.part import save_part, show_part
from mailchimpsync.web.screens.configuration.fields import SecretField
from mailchimpsync.web.screens.configuration.saving import ConfigurationForm
from mailchimpsync.web.screens.screen import Visit, screen

KINDS: dict[str, Promise] = {
    "unsubscribe": gettext_lazy("Unsubscribed at Mailchimp"),
    "remove": gettext_lazy("Removed from groups in CiviCRM"),
    "add": gettext_lazy("Subscribed at Mailchimp, or asked to confirm"),
    "create": gettext_lazy("Contacts created in CiviCRM"),
    "interests": gettext_lazy("Interests changed at Mailchimp"),
    "correct": gettext_lazy("Contacts corrected in CiviCRM: names, addresses, holds"),
}
_NEW_MEMBERS: dict[NewMembers | None, Promise] = {
    None: gettext_lazy("New members are asked to confirm where the audience has double opt-in, else subscribed."),
    NewMembers.CONFIRM: gettext_lazy("Mailchimp asks new members to confirm before they are subscribed."),
    NewMembers.SUBSCRIBE: gettext_lazy("New members are subscribed at once, on CiviCRM's word."),
}
_PERCENT = 100
_PEOPLE_MAX = 10**9
_HOURS_MAX = 2_160


class RulesForm(ConfigurationForm):
    """Rules of a connection; shares are in percent here."""

    resubscribe = forms.ChoiceField(
        label=gettext_lazy("When staff add somebody again who left at Mailchimp"),
        widget=forms.RadioSelect,
        choices=[
            (Resubscribe.ASK.value, gettext_lazy("Let Mailchimp ask them whether they want to come back")),
            (Resubscribe.NEVER.value, gettext_lazy("Never: they come back by themselves only")),
        ],
    )
    new_members = forms.ChoiceField(
        label=gettext_lazy("When staff add somebody who is new to the audience"),
        widget=forms.RadioSelect,
        required=False,
        choices=[
            ("", gettext_lazy("As the audience's own setting has it: ask with double opt-in, else subscribe at once")),
            (NewMembers.CONFIRM.value, gettext_lazy("Let Mailchimp ask them to confirm before they are subscribed")),
            (NewMembers.SUBSCRIBE.value, gettext_lazy("Subscribe them at once: CiviCRM has their consent")),
        ],
    )
    enabled = forms.BooleanField(
        label=gettext_lazy("Hold a sync that would change more people than below, until a person has looked at it"),
        required=False,
    )
    minimum = forms.IntegerField(
        label=gettext_lazy("Where fewer people are concerned, shares don't count"), min_value=0, max_value=_PEOPLE_MAX
    )
    hold_hours = forms.IntegerField(
        label=gettext_lazy("Hours for which a held plan waits"), min_value=1, max_value=_HOURS_MAX
    )
    signing_secret = SecretField(
        label=gettext_lazy("Signing secret of the audience's webhook"),
        help_text=gettext_lazy("Only where signing was switched on at Mailchimp. Left empty: as it is."),
    )
    forget_secret = forms.BooleanField(label=gettext_lazy("There is no signing secret any more"), required=False)

    def __init__(self, visit: Visit, link: Link) -> None:
        """Make two fields for each kind of change."""
        guard = link.guard.model_dump()
        initial = {
            "resubscribe": link.resubscribe.value,
            "new_members": link.new_members.value if link.new_members else "",
            "enabled": guard["enabled"],
            "minimum": guard["minimum"],
            "hold_hours": guard["hold_hours"],
        }
        super().__init__(visit, initial=initial)
        for kind, label in KINDS.items():
            self.fields[f"{kind}_number"] = _number(_("%(kind)s: people") % {"kind": label}, guard[f"{kind}_number"])
            self.fields[f"{kind}_share"] = _share(_("%(kind)s: percent") % {"kind": label}, guard[f"{kind}_share"])
        if link.signing_secret is None:
            del self.fields["forget_secret"]

    def clean(self) -> dict[str, Any]:
        """A secret can't be given and taken away at once."""
        given = super().clean()
        if given.get("forget_secret") and given.get("signing_secret"):
            self.add_error("signing_secret", ValidationError(_("Give a new one, or take it away, but not both.")))
        return given

    @property
    def limits(self) -> Iterator[tuple[Promise, BoundField, BoundField]]:
        """The fields of each kind of change."""
        for kind, label in KINDS.items():
            yield label, self[f"{kind}_number"], self[f"{kind}_share"]

    def changed(self, link: Link) -> dict[str, Any]:
        """What the form says of a link; what it doesn't show stays."""
        given = self.cleaned_data
        guard = {name: given[name] for name in ("enabled", "minimum", "hold_hours")}
        for kind in KINDS:
            guard[f"{kind}_number"] = given[f"{kind}_number"]
            guard[f"{kind}_share"] = given[f"{kind}_share"] / _PERCENT
        return {
            "resubscribe": Resubscribe(given["resubscribe"]),
            "new_members": NewMembers(mode) if (mode := given["new_members"]) else None,
            "guard": Guard.model_validate({**link.guard.model_dump(), **guard}),
            "signing_secret": self._secret(link),
        }

    def _secret(self, link: Link) -> SecretStr | None:
        if self.cleaned_data.get("forget_secret"):
            return None
        given = self.cleaned_data["signing_secret"]
        return SecretStr(given) if given else link.signing_secret


def _number(label: str, value: int) -> forms.Field:
    return forms.IntegerField(label=label, min_value=0, max_value=_PEOPLE_MAX, initial=value)


def _share(label: str, value: float) -> forms.Field:
    return forms.FloatField(label=label, min_value=0, max_value=_PERCENT, initial=f"{value * _PERCENT:g}")


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def edit(visit: Visit, list_id: str) -> HttpResponse:
    """Change the rules."""
    link = find_audience(visit.site, list_id)
    form = RulesForm(visit, link)
    if form.is_bound and form.is_valid():
        answer = save_part(visit, form, link, form.changed(link), check=False)
        if answer is not None:
            return answer
    secret = mask(link.signing_secret.get_secret_value()) if link.signing_secret else ""
    return show_part(visit, "connection_rules", link, form, secret=secret)


def card(_visit: Visit, link: Link) -> Card:
    """Say what the rules are."""
    ask = link.resubscribe is Resubscribe.ASK
    lines = [
        _("Who left and is added again by staff is asked by Mailchimp whether they want to come back.")
        if ask
        else _("Who left comes back by themselves only, even if staff add them again."),
        str(_NEW_MEMBERS[link.new_members]),
        _guard_line(link.guard),
        _("The webhook is signed.") if link.signing_secret else _("The webhook is not signed."),
    ]
    url = reverse("configuration-rules", args=[link.audience_id])
    return Card("rules", _("Rules and limits"), lines, url, _("Change rules and limits"))


def _guard_line(guard: Guard) -> str:
    if not guard.enabled:
        return _("No sync is held, however many people it changes.")
    numbers = {
        "unsubscribe": f"{guard.unsubscribe_number:,}",
        "unsubscribe_share": f"{guard.unsubscribe_share * _PERCENT:g}",
        "remove": f"{guard.remove_number:,}",
        "remove_share": f"{guard.remove_share * _PERCENT:g}",
    }
    text = _(
        "A sync waits for a person if it would unsubscribe more than %(unsubscribe)s people or %(unsubscribe_share)s%%,"
        " or remove more than %(remove)s or %(remove_share)s%% from groups."
    )
    return text % numbers


urlpatterns = [path("configuration/connections/<str:list_id>/rules", edit, name="configuration-rules")]
