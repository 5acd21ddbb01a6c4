"""Which audience a connection has, and which subscription group."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import probe_account, sized_groups, with_time_limit
from mailchimpsync.config import Link
from mailchimpsync.mailchimp import Audience
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.choices import (
    Options,
    audience_label,
    free_groups,
    group_options,
)
from mailchimpsync.web.screens.configuration.connection.part import PartForm, edit_part, save_groups
from mailchimpsync.web.screens.screen import Visit


class GroupsForm(PartForm):
    """Audience and group of a connection."""

    audience = forms.ChoiceField(
        label=gettext_lazy("Audience at Mailchimp"),
        help_text=gettext_lazy(
            "Choosing another audience makes this a new connection and deletes the data about the current "
            "one. You see what will be deleted first."
        ),
    )
    group = forms.ChoiceField(
        label=gettext_lazy("Subscription group in CiviCRM"),
        help_text=gettext_lazy("If you change the group, the next sync is a full sync."),
    )

    def __init__(self, visit: Visit, link: Link) -> None:
        """Ask both sides what there is to choose from."""
        super().__init__(visit, link, audience=link.audience_id, group=str(link.group_id))
        configuration = visit.site.configuration
        with with_time_limit(visit.site) as site:
            self.audiences = probe_account(site, configuration.accounts[link.account]).audiences
            self.groups = free_groups(sized_groups(site), configuration, but_of=link.audience_id)
        free = [one for one in self.groups if one.id not in link.interests.values()]
        self.fields["audience"].choices = _audience_options(visit, link, self.audiences)  # type: ignore[attr-defined]
        self.fields["group"].choices = group_options(free, link.group_id, link.group_title)  # type: ignore[attr-defined]

    @property
    def changed(self) -> dict[str, Any]:
        """Interests belong to their audience: with another audience, its own are to be connected."""
        audience_id, group_id = self.cleaned_data["audience"], int(self.cleaned_data["group"])
        changed: dict[str, Any] = {}
        if group_id != self.link.group_id:
            titles = {one.id: one.title for one in self.groups}
            changed |= {"group_id": group_id, "group_title": titles[group_id]}
        if audience_id != self.link.audience_id:
            names = {one.id: one.name for one in self.audiences}
            changed |= {
                "audience_id": audience_id,
                "audience_name": names[audience_id],
                "interests": {},
                "signing_secret": None,
                "schedule": self.link.schedule.model_copy(update={"enabled": False}),
            }
        return changed

    @property
    def to(self) -> str:
        """The connection's page, which another audience moves."""
        return reverse("configuration-connection", args=[self.cleaned_data["audience"]])

    def save(self) -> HttpResponse | None:
        """Save it, once both sides were asked whether the group and the audience exist."""
        return save_groups(self, self.groups)


def _audience_options(visit: Visit, link: Link, audiences: tuple[Audience, ...]) -> Options:
    others = {one.audience_id for one in visit.site.configuration.connections} - {link.audience_id}
    options = [(one.id, audience_label(one)) for one in audiences if one.id not in others]
    if link.audience_id not in dict(options):
        gone = _("%(name)s (no longer at Mailchimp)") % {"name": link.audience_name or link.audience_id}
        options.insert(0, (link.audience_id, gone))
    return options


def card(_visit: Visit, link: Link) -> Card:
    """Say which audience and which group it is."""
    lines = [
        _("Audience: %(name)s") % {"name": link.audience_name or link.audience_id},
        _("Subscription group: %(title)s (ID %(id)s)") % {"title": link.group_title, "id": link.group_id},
        _("Account: %(name)s") % {"name": link.account},
    ]
    url = reverse("configuration-connection-groups", args=[link.audience_id])
    return Card("groups", _("Audience and group"), lines, url, _("Change audience or group"))


urlpatterns = [edit_part("groups", GroupsForm, name="connection-groups")]
