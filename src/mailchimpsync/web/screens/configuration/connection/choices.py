"""What can be chosen in forms: audiences and groups by name, with how many people are in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import SizedGroup
from mailchimpsync.config import Configuration
from mailchimpsync.mailchimp import Audience
from mailchimpsync.web.templatetags.screens import number

Options: TypeAlias = list[tuple[str, str]]
OptionGroups: TypeAlias = list[tuple[str, Options]]


def audience_label(one: Audience) -> str:
    """Return an audience's name with its size."""
    text = ngettext(
        "%(name)s (%(number)s subscribed person)", "%(name)s (%(number)s subscribed people)", one.member_count
    )
    return text % {"name": one.name, "number": number(one.member_count)}


def group_label(one: SizedGroup) -> str:
    """Return a group's title with its size."""
    text = ngettext("%(title)s (%(number)s contact)", "%(title)s (%(number)s contacts)", one.size)
    return text % {"title": one.title, "number": number(one.size)}


def free_groups(groups: Iterable[SizedGroup], configuration: Configuration, *, but_of: str = "") -> list[SizedGroup]:
    """Return the groups that no other connection uses; `but_of`: the audience whose connection is being changed."""
    used = {
        group_id
        for link in configuration.connections
        if link.audience_id != but_of
        for group_id in link.connection.group_ids
    }
    return [group for group in groups if group.id not in used]


def group_options(groups: Sequence[SizedGroup], present: int | None = None, title: str = "") -> Options:
    """Return groups to choose from; one that is connected and can't be chosen any more stays among them."""
    options = [(str(group.id), group_label(group)) for group in groups]
    if present is not None and str(present) not in dict(options):
        known = title or _("group %(id)s") % {"id": present}
        options.insert(0, (str(present), _("%(title)s (can no longer be connected)") % {"title": known}))
    return options
