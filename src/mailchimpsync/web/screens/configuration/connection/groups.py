"""Which audience a connection has, and which subscription group."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import SizedGroup, probe_account, sized_groups, with_time_limit
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.config import Link
from mailchimpsync.mailchimp import Audience
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.choices import (
    Options,
    audience_label,
    free_groups,
    group_options,
)
from mailchimpsync.web.screens.configuration.connection.part import save_groups, show_part
from mailchimpsync.web.screens.configuration.saving import ConfigurationForm
from mailchimpsync.web.screens.screen import Visit, screen


class GroupsForm(ConfigurationForm):
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

    def __init__(self, visit: Visit, link: Link, audiences: Options, groups: Options) -> None:
        """Take what there is to choose from."""
        super().__init__(visit, initial={"audience": link.audience_id, "group": str(link.group_id)})
        self.fields["audience"].choices = audiences  # type: ignore[attr-defined]
        self.fields["group"].choices = groups  # type: ignore[attr-defined]


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def edit(visit: Visit, list_id: str) -> HttpResponse:
    """Change audience or group."""
    link, configuration = find_audience(visit.site, list_id), visit.site.configuration
    with with_time_limit(visit.site) as site:
        audiences = probe_account(site, configuration.accounts[link.account]).audiences
        groups = free_groups(sized_groups(site), configuration, but_of=list_id)
    others = [one for one in groups if one.id not in link.interests.values()]
    form = GroupsForm(
        visit,
        link,
        _audience_options(visit, link, audiences),
        group_options(others, link.group_id, link.group_title),
    )
    if form.is_bound and form.is_valid():
        titles = {one.id: one.title for one in groups}
        changed = _changed(form, link, audiences, groups)
        to = reverse("configuration-connection", args=[changed.get("audience_id", list_id)])
        if (answer := save_groups(visit, form, link, changed, titles, to=to)) is not None:
            return answer
    return show_part(visit, "connection_groups", link, form)


def _audience_options(visit: Visit, link: Link, audiences: tuple[Audience, ...]) -> Options:
    others = {one.audience_id for one in visit.site.configuration.connections} - {link.audience_id}
    options = [(one.id, audience_label(one)) for one in audiences if one.id not in others]
    if link.audience_id not in dict(options):
        gone = _("%(name)s (no longer at Mailchimp)") % {"name": link.audience_name or link.audience_id}
        options.insert(0, (link.audience_id, gone))
    return options


def _changed(form: GroupsForm, link: Link, audiences: tuple[Audience, ...], groups: list[SizedGroup]) -> dict[str, Any]:
    """Interests belong to their audience: with another audience, its own are to be connected."""
    audience_id, group_id = form.cleaned_data["audience"], int(form.cleaned_data["group"])
    changed: dict[str, Any] = {}
    if group_id != link.group_id:
        titles = {one.id: one.title for one in groups}
        changed |= {"group_id": group_id, "group_title": titles[group_id]}
    if audience_id != link.audience_id:
        names = {one.id: one.name for one in audiences}
        off = link.schedule.model_copy(update={"enabled": False})
        changed |= {
            "audience_id": audience_id,
            "audience_name": names[audience_id],
            "interests": {},
            "signing_secret": None,
            "schedule": off,
        }
    return changed


def card(_visit: Visit, link: Link) -> Card:
    """Say which audience and which group it is."""
    lines = [
        _("Audience: %(name)s") % {"name": link.audience_name or link.audience_id},
        _("Subscription group: %(title)s (ID %(id)s)") % {"title": link.group_title, "id": link.group_id},
        _("Account: %(name)s") % {"name": link.account},
    ]
    url = reverse("configuration-connection-groups", args=[link.audience_id])
    return Card("groups", _("Audience and group"), lines, url, _("Change audience or group"))


urlpatterns = [path("configuration/connections/<str:list_id>/groups", edit, name="configuration-connection-groups")]
