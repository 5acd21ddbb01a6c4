"""Connections: create, view and remove them. Each part of a connection is a card here and a module beside this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import SizedGroup, last_syncs, probe_account, sized_groups, with_time_limit
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.configuration.new_members import new_members_sentence
from mailchimpsync.actions.configuration.other_sites import other_sites_sentences
from mailchimpsync.actions.plans.first_sync import awaits_first_sync
from mailchimpsync.config import Configuration, Link, Schedule
from mailchimpsync.errors import MailchimpsyncError, UsageError
from mailchimpsync.mailchimp import Audience
from mailchimpsync.messages import Message
from mailchimpsync.web.screens.configuration.connection import (
    campaigns,
    data,
    departures,
    first_sync,
    groups,
    interests,
    rules,
    schedule,
    trust,
    webhooks,
)
from mailchimpsync.web.screens.configuration.connection.card import CardMaker
from mailchimpsync.web.screens.configuration.connection.choices import (
    OptionGroups,
    audience_label,
    free_groups,
    group_options,
)
from mailchimpsync.web.screens.configuration.connection.part import child_groups_of, warn_each
from mailchimpsync.web.screens.configuration.saving import (
    ConfigurationForm,
    PendingChange,
    front,
    save,
    save_form,
    status_of_form,
)
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.templatetags.screens import translated

CARDS: Sequence[CardMaker] = (
    groups.card,
    interests.card,
    data.card,
    rules.card,
    departures.card,
    schedule.card,
    trust.card,
    campaigns.card,
    webhooks.card,
)


class ConnectForm(ConfigurationForm):
    """A new connection."""

    audience = forms.ChoiceField(label=gettext_lazy("Audience at Mailchimp"))
    group = forms.ChoiceField(
        label=gettext_lazy("Subscription group in CiviCRM"),
        help_text=gettext_lazy("People in this group are subscribed to the audience, and vice versa."),
    )

    def __init__(self, visit: Visit, audiences: OptionGroups, free: list[SizedGroup], **options: Any) -> None:
        """Take what there is to choose from."""
        super().__init__(visit, **options)
        self.fields["audience"].choices = [("", _("Choose …")), *audiences]  # type: ignore[attr-defined]
        self.fields["group"].choices = [("", _("Choose …")), *group_options(free)]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> tuple[str, str, int]:
        """The account's name, the audience's id and the group's id."""
        audience_id, _, account = self.cleaned_data["audience"].partition("@")
        return account, audience_id, int(self.cleaned_data["group"])


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def connect(visit: Visit) -> HttpResponse:
    """Connect an audience to a group; it is not synced before someone has reviewed the first sync."""
    configuration = visit.site.configuration
    if configuration.civicrm is None or not configuration.accounts:
        raise UsageError(_("Set up CiviCRM and add a Mailchimp account first."))
    with with_time_limit(visit.site) as site:
        found = {name: probe_account(site, account).audiences for name, account in configuration.accounts.items()}
        free = free_groups(sized_groups(site), configuration)
    form = ConnectForm(visit, _audience_options(configuration, found), free)
    if form.is_bound and form.is_valid():
        link = _new_link(form, found, free)
        done = _("%(title)s is connected. Nothing has been synced yet.") % {"title": link.title}
        done = f"{done} {_said_of_new_members(link, found)}"
        to = reverse("configuration-interests", args=[link.audience_id])
        warnings = [*_others(visit, link), *child_groups_of(visit, link, {one.id: one.title for one in free})]
        answer = _save_new(visit, form, link, PendingChange(configuration, done, to))
        if answer is not None:
            warn_each(visit, warnings)
            return answer
    context = {"form": form, "has_groups": bool(free), "has_audiences": len(form.fields["audience"].choices) > 1}  # type: ignore[attr-defined]
    return visit.render("configuration/connect.html", context, status=status_of_form(form))


def _others(visit: Visit, link: Link) -> list[Message]:
    with with_time_limit(visit.site) as site:
        return other_sites_sentences(site, site.mailchimp(link.account), link)


def _said_of_new_members(link: Link, found: dict[str, tuple[Audience, ...]]) -> str:
    chosen = next(one for one in found[link.account] if one.id == link.audience_id)
    return translated(new_members_sentence(link, double_optin=chosen.double_optin))


def _save_new(visit: Visit, form: ConnectForm, link: Link, wish: PendingChange) -> HttpResponse | None:
    try:
        wanted = wish.configuration.replacing_link(link)
    except MailchimpsyncError as error:
        form.add_error(None, ValidationError(translated(error.what)))
        return None
    return save_form(visit, form, PendingChange(wanted, wish.done, wish.to), check=True)


def _audience_options(configuration: Configuration, found: dict[str, tuple[Audience, ...]]) -> OptionGroups:
    connected = {link.audience_id for link in configuration.connections}
    groups = [
        (name, [(f"{one.id}@{name}", audience_label(one)) for one in audiences if one.id not in connected])
        for name, audiences in found.items()
    ]
    return [(name, options) for name, options in groups if options]


def _new_link(form: ConnectForm, found: dict[str, tuple[Audience, ...]], free: list[SizedGroup]) -> Link:
    account, audience_id, group_id = form.chosen
    return Link(
        account=account,
        audience_id=audience_id,
        audience_name=next(one.name for one in found[account] if one.id == audience_id),
        group_id=group_id,
        group_title=next(one.title for one in free if one.id == group_id),
        schedule=Schedule(enabled=False),
    )


@screen()
def show(visit: Visit, list_id: str) -> HttpResponse:
    """Show a connection, part by part."""
    link = find_audience(visit.site, list_id)
    last = last_syncs(visit.site)[list_id]
    context = {
        "link": link,
        "last": last,
        "cards": [make(visit, link) for make in CARDS],
        "is_waiting": awaits_first_sync(link, last),
    }
    return visit.render("configuration/connection.html", context)


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def remove(visit: Visit, list_id: str) -> HttpResponse:
    """Remove a connection, after a confirmation that lists what is deleted."""
    link = find_audience(visit.site, list_id)
    before = visit.site.configuration
    wanted = before.replacing(connections=[one for one in before.connections if one.audience_id != list_id])
    done = _("%(title)s is no longer connected.") % {"title": link.title}
    return save(visit, PendingChange(wanted, done, front()), check=False, always_ask=True)


urlpatterns = [
    path("configuration/connect", connect, name="configuration-connect"),
    path("configuration/connections/<str:list_id>", show, name="configuration-connection"),
    path("configuration/connections/<str:list_id>/remove", remove, name="configuration-remove-connection"),
    *groups.urlpatterns,
    *interests.urlpatterns,
    *data.urlpatterns,
    *rules.urlpatterns,
    *departures.urlpatterns,
    *trust.urlpatterns,
    *campaigns.urlpatterns,
    *schedule.urlpatterns,
    *first_sync.urlpatterns,
]
