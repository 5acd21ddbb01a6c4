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
    "add": gettext_lazy("Subscribed, or sent a confirmation request"),
    "create": gettext_lazy("Contacts created in CiviCRM"),
    "interests": gettext_lazy("Interests changed at Mailchimp"),
    "correct": gettext_lazy("Contacts corrected in CiviCRM (names, addresses, holds)"),
}
_NEW_MEMBERS: dict[NewMembers | None, Promise] = {
    None: gettext_lazy(
        "New members are asked to confirm if the audience uses double opt-in, otherwise subscribed immediately."
    ),
    NewMembers.CONFIRM: gettext_lazy("Mailchimp asks new members to confirm before they're subscribed."),
    NewMembers.SUBSCRIBE: gettext_lazy("New members are subscribed immediately, without asking them to confirm."),
}
_PERCENT = 100
_PEOPLE_MAX = 10**9
_HOURS_MAX = 2_160


class RulesForm(ConfigurationForm):
    """Rules of a connection; shares are in percent here."""

    resubscribe = forms.ChoiceField(
        label=gettext_lazy("If staff re-add someone who unsubscribed at Mailchimp"),
        widget=forms.RadioSelect,
        choices=[
            (Resubscribe.ASK.value, gettext_lazy("Mailchimp asks them to confirm")),
            (Resubscribe.NEVER.value, gettext_lazy("Never: only they can re-subscribe")),
        ],
    )
    new_members = forms.ChoiceField(
        label=gettext_lazy("If staff add someone who is new to the audience"),
        widget=forms.RadioSelect,
        required=False,
        choices=[
            (
                "",
                gettext_lazy(
                    "Follow the audience's own setting: ask them to confirm if it uses double opt-in, otherwise "
                    "subscribe them immediately"
                ),
            ),
            (NewMembers.CONFIRM.value, gettext_lazy("Mailchimp asks them to confirm before they're subscribed")),
            (NewMembers.SUBSCRIBE.value, gettext_lazy("Subscribe them immediately: you have their consent")),
        ],
    )
    enabled = forms.BooleanField(
        label=gettext_lazy("Hold a sync for review if it exceeds these limits"),
        required=False,
    )
    minimum = forms.IntegerField(
        label=gettext_lazy("Ignore percentages below this many people"), min_value=0, max_value=_PEOPLE_MAX
    )
    hold_hours = forms.IntegerField(
        label=gettext_lazy("A held plan expires after … hours"), min_value=1, max_value=_HOURS_MAX
    )
    signing_secret = SecretField(
        label=gettext_lazy("Signing secret of the audience's webhook"),
        help_text=gettext_lazy("Only if signing is turned on at Mailchimp. Leave blank to keep the current value."),
    )
    forget_secret = forms.BooleanField(label=gettext_lazy("Remove the signing secret"), required=False)

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
            self.add_error("signing_secret", ValidationError(_("Enter a new secret or remove the old one, not both.")))
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
        _("If staff re-add someone who unsubscribed, Mailchimp asks them to confirm.")
        if ask
        else _("People who unsubscribed can only re-subscribe themselves, even if staff re-add them."),
        str(_NEW_MEMBERS[link.new_members]),
        _guard_line(link.guard),
        _("The webhook is signed.") if link.signing_secret else _("The webhook isn't signed."),
    ]
    url = reverse("configuration-rules", args=[link.audience_id])
    return Card("rules", _("Rules and limits"), lines, url, _("Change rules and limits"))


def _guard_line(guard: Guard) -> str:
    if not guard.enabled:
        return _("Syncs are never held, however many people they change.")
    numbers = {
        "unsubscribe": f"{guard.unsubscribe_number:,}",
        "unsubscribe_share": f"{guard.unsubscribe_share * _PERCENT:g}",
        "remove": f"{guard.remove_number:,}",
        "remove_share": f"{guard.remove_share * _PERCENT:g}",
    }
    text = _(
        "A sync is held for review if it would unsubscribe more than %(unsubscribe)s people or "
        "%(unsubscribe_share)s%%, or remove more than %(remove)s people or %(remove_share)s%% from "
        "groups."
    )
    return text % numbers


urlpatterns = [path("configuration/connections/<str:list_id>/rules", edit, name="configuration-rules")]
