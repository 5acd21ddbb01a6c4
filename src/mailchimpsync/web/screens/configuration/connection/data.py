"""The data sent to Mailchimp besides subscriptions: its settings, a preview with real contacts, and findings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import (
    DataFields,
    Site,
    createmergefields,
    getdatafields,
    getdatafindings,
    previewdata,
    with_time_limit,
)
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.data.preview import PreviewedPerson
from mailchimpsync.actions.people.candidates import candidates
from mailchimpsync.config import Data, Link
from mailchimpsync.config.data import FIELDS_MAX
from mailchimpsync.data import as_text
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.web.links import contact_url
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.configuration.connection.data_form import Act, DataForm
from mailchimpsync.web.screens.configuration.connection.data_map import unlisted_sources
from mailchimpsync.web.screens.configuration.connection.part import page_of, save_part, show_part
from mailchimpsync.web.screens.configuration.saving import add_error
from mailchimpsync.web.screens.screen import Visit, not_allowed, screen

SECONDS = 15.0
PEOPLE_SHOWN = 5
CONTACT_MAX = 2**31 - 1
_BY_COMMAND = "create-fields"
"""Sentences of the engine with this speak of a command; the page has a button instead."""


@screen(Scope.READ, "GET", "HEAD", "POST")
def edit(visit: Visit, list_id: str) -> HttpResponse:
    """Choose the data, preview it with real contacts, save it; only administrators can change it."""
    link = find_audience(visit.site, list_id)
    with with_time_limit(visit.site, SECONDS) as site:
        found = getdatafields(site, group_id=link.group_id)
    form, data, context = DataForm(visit, link, found), link.data, {"found": found}
    if form.is_bound and not form.may_change and form.act is not Act.PREVIEW:
        return not_allowed(visit, Scope.CONFIGURE)
    if form.is_bound and form.act is not Act.MORE and form.is_valid():
        data = form.wanted
        if form.act is Act.SAVE:
            answer = save_part(visit, form, link, form.changed, check=False, to=_next(visit, link, data, found))
            if answer is not None:
                return answer
        else:
            context |= _tried_out(visit, form)
    return show_part(
        visit, "connection_data", link, form, **context, **_context_of(visit, link, data, context["found"])
    )


def _tried_out(visit: Visit, form: DataForm) -> dict[str, Any]:
    try:
        return _try_out(visit, form)
    except MailchimpsyncError as error:
        add_error(form, error)
        return {}


def _try_out(visit: Visit, form: DataForm) -> dict[str, Any]:
    """Do what a button asks for, with settings that are not saved yet.

    Raises:
        MailchimpsyncError: a side can't be asked, or does not let us.
    """
    data, group_id = form.wanted.model_dump(), form.before.group_id
    if form.act is Act.PREVIEW:
        some, problem = _contacts(visit.site, form.cleaned_data["contact"])
        if problem:
            form.add_error("contact", problem)
            return {}
        with with_time_limit(visit.site, SECONDS) as site:
            preview = previewdata(site, group_id=group_id, contact_ids=some, limit=PEOPLE_SHOWN, data=data)
        return {"preview": preview, "people": [_person(visit, one) for one in preview.people]}
    if form.act is Act.CREATE:
        with with_time_limit(visit.site, SECONDS) as site:
            made = createmergefields(site, group_id=group_id, data=data)
            return {"made": made, "found": getdatafields(site, group_id=group_id, data=data)}
    return {}


def _contacts(site: Site, asked: str) -> tuple[list[int] | None, str]:
    """Return the contacts that a part of a name or an address means, or what is wrong with it; None: any."""
    if not asked:
        return None, ""
    if asked.isdecimal() and 0 < int(asked) <= CONTACT_MAX:
        return [int(asked)], ""
    found = [one.contact_id for one in candidates(site, asked).found if one.contact_id is not None]
    return found, "" if found else _("No contact matches this.")


def _person(visit: Visit, one: PreviewedPerson) -> dict[str, Any]:
    fields = [(field.merge_field, as_text(field.value), field.problem) for field in one.data.fields]
    return {"one": one, "url": contact_url(visit.site, one.contact_id), "fields": fields}


def _context_of(visit: Visit, link: Link, data: Data, found: DataFields) -> dict[str, Any]:
    return {
        "missing": _missing(data, found),
        "problems": list(_problems(found)),
        "others": [
            (name, json.dumps(given, indent=2, ensure_ascii=False)) for name, given in link.data.plugins.items()
        ],
        "installed": [one for one in found.plugins if not one.is_built_in and one.name not in link.data.plugins],
        "findings": getdatafindings(visit.site, group_id=link.group_id),
        "rows_max": FIELDS_MAX,
    }


def _problems(found: DataFields) -> Iterator[str]:
    for some in found.problems.values():
        yield from (words for words in some if _BY_COMMAND not in words)


def _next(visit: Visit, link: Link, data: Data, found: DataFields) -> str:
    """Return where to go once the data is saved: back here, as long as something about it has to be solved."""
    return visit.request.path if _missing(data, found) or unlisted_sources(found, data.fields) else page_of(link)


def _missing(data: Data, found: DataFields) -> list[str]:
    there = {one.tag for one in found.merge_fields}
    return [one.merge_field for one in data.fields if one.merge_field not in there]


def card(visit: Visit, link: Link) -> Card:
    """Say what goes, and how many problems the last sync found with it."""
    lines = list(_lines(link.data))
    if lines and (number := _problems_found(visit, link)):
        text = ngettext("The last sync found %(number)s problem.", "The last sync found %(number)s problems.", number)
        lines.append(text % {"number": number})
    url = reverse("configuration-data", args=[link.audience_id])
    return Card("data", _("Data for Mailchimp"), lines or [_("Subscriptions only.")], url, _("Choose data"))


def _problems_found(visit: Visit, link: Link) -> int:
    found = getdatafindings(visit.site, group_id=link.group_id)
    return len(found.problems) + len(found.failures) + len(found.warnings)


def _lines(data: Data) -> Iterator[str]:
    if data.tags and data.only_tags:
        yield _("Tags: %(names)s") % {"names": " · ".join(data.only_tags)}
    elif data.tags:
        yield _("All contact tags.")
    if number := len(data.groups_as_tags):
        yield ngettext("%(number)s group sent as a tag.", "%(number)s groups sent as tags.", number) % {
            "number": number
        }
    if data.names:
        yield _("First and last names.")
    if data.language:
        yield _("The preferred language.")
    if data.fields:
        yield _("Merge fields: %(names)s") % {"names": " · ".join(one.merge_field for one in data.fields)}
    if data.plugins:
        yield _("Plugins: %(names)s") % {"names": " · ".join(data.plugins)}


urlpatterns = [path("configuration/connections/<str:list_id>/data", edit, name="configuration-data")]
