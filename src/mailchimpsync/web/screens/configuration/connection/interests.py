"""Which interest of an audience stands for which group: each group at most once, and never the subscription group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import SizedGroup, interests_of, sized_groups, with_time_limit
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.config import Link
from mailchimpsync.mailchimp import Interest
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.choices import free_groups, group_options
from mailchimpsync.web.screens.configuration.connection.part import page_of, save_groups, show_part
from mailchimpsync.web.screens.configuration.saving import ConfigurationForm
from mailchimpsync.web.screens.names import group_name, interest_name, names_at_once
from mailchimpsync.web.screens.screen import Visit, screen

_PREFIX = "interest_"


class InterestsForm(ConfigurationForm):
    """A group for each interest."""

    def __init__(self, visit: Visit, link: Link, boxes: Sequence[Interest], free: Sequence[SizedGroup]) -> None:
        """Make a field for each interest there is, and for each that is connected and gone."""
        super().__init__(visit)
        self.boxes = boxes
        for one in boxes:
            self._add(one.id, one.name, _people(one), link, free)
        known = {one.id for one in boxes}
        for gone in link.interests.keys() - known:
            said = _("No longer at Mailchimp: choose “not connected”.")
            of_it = [group for group in free if group.id == link.interests[gone]]
            self._add(gone, _("Interest %(id)s") % {"id": gone}, said, link, of_it)

    def _add(self, interest_id: str, label: str, help_text: str, link: Link, free: Sequence[SizedGroup]) -> None:
        present = link.interests.get(interest_id)
        options = group_options(free, present)
        self.fields[_PREFIX + interest_id] = forms.ChoiceField(
            label=label,
            help_text=help_text,
            required=False,
            choices=[("", _("not connected")), *options],
            initial=str(present or ""),
        )

    def clean(self) -> dict[str, Any]:
        """A group stands for one interest only."""
        given = super().clean()
        chosen = {name: value for name, value in given.items() if name.startswith(_PREFIX) and value}
        times = Counter(chosen.values())
        for name, value in chosen.items():
            if times[value] > 1:
                self.add_error(name, ValidationError(_("This group is already chosen for another interest.")))
        return given

    @property
    def wanted(self) -> dict[str, int]:
        """The groups by interest."""
        given = self.cleaned_data.items()
        return {name.removeprefix(_PREFIX): int(value) for name, value in given if name.startswith(_PREFIX) and value}

    @property
    def by_category(self) -> Iterator[tuple[str, list[BoundField]]]:
        """The fields as they stand at Mailchimp, category by category."""
        known = {one.id for one in self.boxes}
        for category in dict.fromkeys(one.category for one in self.boxes):
            yield category, [self[_PREFIX + one.id] for one in self.boxes if one.category == category]
        gone = [field for field in self.visible_fields() if field.name.removeprefix(_PREFIX) not in known]
        if gone:
            yield _("No longer at Mailchimp"), gone


def _people(one: Interest) -> str:
    text = ngettext("Chosen by %(number)s person", "Chosen by %(number)s people", one.member_count)
    return text % {"number": f"{one.member_count:,}"}


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def edit(visit: Visit, list_id: str) -> HttpResponse:
    """Choose groups for interests."""
    link = find_audience(visit.site, list_id)
    with with_time_limit(visit.site) as site:
        boxes = interests_of(site, link.account, list_id)
        groups = free_groups(sized_groups(site), visit.site.configuration, but_of=list_id)
    form = InterestsForm(visit, link, boxes, [one for one in groups if one.id != link.group_id])
    if form.is_bound and form.is_valid():
        titles = {one.id: one.title for one in groups}
        answer = save_groups(visit, form, link, {"interests": form.wanted}, titles, to=page_of(link))
        if answer is not None:
            return answer
    return show_part(visit, "connection_interests", link, form)


def card(visit: Visit, link: Link) -> Card:
    """Say which interest stands for which group."""
    names = names_at_once(visit, link)
    lines = [
        _("%(interest)s ↔ %(group)s") % {"interest": interest_name(names, key), "group": group_name(names, group)}
        for key, group in link.interests.items()
    ]
    url = reverse("configuration-interests", args=[link.audience_id])
    none = [_("No interests are connected. Only subscriptions are synced.")]
    return Card("interests", _("Interests"), lines or none, url, _("Choose groups for interests"))


urlpatterns = [path("configuration/connections/<str:list_id>/interests", edit, name="configuration-interests")]
