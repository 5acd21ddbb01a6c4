"""What a connection may do without review: re-added people, new members, limits on changes, and the signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import SecretStr

from mailchimpsync.config import Guard, Link, mask
from mailchimpsync.model import NewMembers, Resubscribe
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.part import PartForm, edit_part
from mailchimpsync.web.screens.configuration.fields import (
    PERCENT,
    SecretField,
    check_box,
    number_field,
    percent_field,
)
from mailchimpsync.web.screens.screen import Visit
from mailchimpsync.web.templatetags.screens import number

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


class RulesForm(PartForm):
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
    contact_records = check_box(
        gettext_lazy("Show on contacts in CiviCRM what Mailchimp says about them"),
        help_text=gettext_lazy(
            "Their status, since when, and why someone can't be synced. Put the fields into CiviCRM under "
            "Configuration » CiviCRM » Links to these screens in CiviCRM."
        ),
    )
    enabled = check_box(gettext_lazy("Hold a sync for review if it exceeds these limits"))
    minimum = number_field(Guard, "minimum", gettext_lazy("Ignore percentages below this many people"))
    hold_hours = number_field(Guard, "hold_hours", gettext_lazy("A held plan expires after … hours"))
    signing_secret = SecretField(
        label=gettext_lazy("Signing secret of the audience's webhook"),
        help_text=gettext_lazy("Only if signing is turned on at Mailchimp. Leave blank to keep the current value."),
    )
    forget_secret = check_box(gettext_lazy("Remove the signing secret"))

    def __init__(self, visit: Visit, link: Link) -> None:
        """Make two fields for each kind of change."""
        guard = link.guard.model_dump()
        asks = {
            "resubscribe": link.resubscribe.value,
            "new_members": link.new_members.value if link.new_members else "",
            "contact_records": link.contact_records,
        }
        super().__init__(visit, link, **guard, **asks)
        for kind, label in KINDS.items():
            number, share = f"{kind}_number", f"{kind}_share"
            self.fields[number] = number_field(Guard, number, _("%(kind)s: people") % {"kind": label})
            self.fields[share] = percent_field(Guard, share, _("%(kind)s: percent") % {"kind": label})
            self.initial[share] = f"{guard[share] * PERCENT:g}"
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

    @property
    def changed(self) -> dict[str, Any]:
        """What the form says of a link; what it doesn't show stays."""
        given = self.cleaned_data
        guard = {name: value for name, value in given.items() if name in Guard.model_fields}
        guard |= {f"{kind}_share": given[f"{kind}_share"] / PERCENT for kind in KINDS}
        return {
            "resubscribe": Resubscribe(given["resubscribe"]),
            "new_members": NewMembers(mode) if (mode := given["new_members"]) else None,
            "contact_records": given["contact_records"],
            "guard": Guard.model_validate({**self.link.guard.model_dump(), **guard}),
            "signing_secret": self._secret(),
        }

    def _secret(self) -> SecretStr | None:
        if self.cleaned_data.get("forget_secret"):
            return None
        given = self.cleaned_data["signing_secret"]
        return SecretStr(given) if given else self.link.signing_secret

    @property
    def context(self) -> dict[str, Any]:
        """The secret in use, masked."""
        known = self.link.signing_secret
        return {"secret": mask(known.get_secret_value()) if known else ""}


def card(_visit: Visit, link: Link) -> Card:
    """Say what the rules are."""
    ask = link.resubscribe is Resubscribe.ASK
    lines = [
        _("If staff re-add someone who unsubscribed, Mailchimp asks them to confirm.")
        if ask
        else _("People who unsubscribed can only re-subscribe themselves, even if staff re-add them."),
        str(_NEW_MEMBERS[link.new_members]),
        _guard_line(link.guard),
        *([_("Contacts in CiviCRM show what Mailchimp says about them.")] if link.contact_records else []),
        *([_("The webhook is signed.")] if link.signing_secret else []),
    ]
    url = reverse("configuration-rules", args=[link.audience_id])
    return Card("rules", _("Rules and limits"), lines, url, _("Change rules and limits"))


def _guard_line(guard: Guard) -> str:
    if not guard.enabled:
        return _("Syncs are never held, however many people they change.")
    numbers = {
        "unsubscribe": number(guard.unsubscribe_number),
        "unsubscribe_share": f"{guard.unsubscribe_share * PERCENT:g}",
        "remove": number(guard.remove_number),
        "remove_share": f"{guard.remove_share * PERCENT:g}",
    }
    text = _(
        "A sync is held for review if it would unsubscribe more than %(unsubscribe)s people or "
        "%(unsubscribe_share)s%%, or remove more than %(remove)s people or %(remove_share)s%% from "
        "groups."
    )
    return text % numbers


urlpatterns = [edit_part("rules", RulesForm)]
