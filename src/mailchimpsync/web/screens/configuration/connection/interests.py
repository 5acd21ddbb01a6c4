"""Which interest of an audience stands for which group: each group at most once, and never the subscription group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import SizedGroup, interests_of, sized_groups, with_time_limit
from mailchimpsync.config import Link
from mailchimpsync.mailchimp import Interest
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.choices import free_groups, group_options
from mailchimpsync.web.screens.configuration.connection.part import PartForm, edit_part, save_groups
from mailchimpsync.web.screens.names import group_name, interest_name, names_at_once
from mailchimpsync.web.screens.screen import Visit
from mailchimpsync.web.templatetags.screens import number

_PREFIX = "interest_"


class InterestsForm(PartForm):
    """A group for each interest."""

    def __init__(self, visit: Visit, link: Link) -> None:
        """Make a field for each interest there is, and for each that is connected and no longer at Mailchimp."""
        super().__init__(visit, link)
        with with_time_limit(visit.site) as site:
            self.boxes = boxes = interests_of(site, link.account, link.audience_id)
            self.groups = free_groups(sized_groups(site), visit.site.configuration, but_of=link.audience_id)
        free = [one for one in self.groups if one.id != link.group_id]
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
    def changed(self) -> dict[str, Any]:
        """The groups by interest."""
        given = {name: value for name, value in self.cleaned_data.items() if name.startswith(_PREFIX) and value}
        return {"interests": {name.removeprefix(_PREFIX): int(value) for name, value in given.items()}}

    def save(self) -> HttpResponse | None:
        """Save it, once both sides were asked whether the groups and interests exist."""
        return save_groups(self, self.groups)

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
    return text % {"number": number(one.member_count)}


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


urlpatterns = [edit_part("interests", InterestsForm)]
