"""What the pages that change one part of a connection have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import with_time_limit
from mailchimpsync.actions.configuration.child_groups import child_group_sentences
from mailchimpsync.actions.texts.messages import Message, in_language
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.web.screens.configuration.saving import (
    ConfigurationForm,
    PendingChange,
    add_error,
    save_form,
    status_of_form,
)
from mailchimpsync.web.screens.screen import Visit


def page_of(link: Link) -> str:
    """Return where a connection's page is."""
    return reverse("configuration-connection", args=[link.audience_id])


def watch_page(link: Link) -> str:
    """Return where a connection's sync can be watched."""
    return reverse("connection", args=[link.audience_id])


def save_part(
    visit: Visit, form: ConfigurationForm, before: Link, changed: dict[str, Any], *, check: bool, to: str | None = None
) -> HttpResponse | None:
    """Save a connection of which only some fields change, so that the rest of it stays; None: the form says why not."""
    link = before.model_copy(update=changed)
    if link == before:
        visit.say(_("Nothing was changed."))
        return redirect(to or page_of(link))
    try:
        wanted = visit.site.configuration.having_link(link, instead_of=before.audience_id)
    except MailchimpsyncError as error:
        add_error(form, error)
        return None
    done = _("Changes to %(title)s saved.") % {"title": link.title}
    return save_form(visit, form, PendingChange(wanted, done, to or page_of(link)), check=check)


def save_groups(
    visit: Visit, form: ConfigurationForm, before: Link, changed: dict[str, Any], titles: Mapping[int, str], *, to: str
) -> HttpResponse | None:
    """Save which groups a connection has, as `save_part` does, and warn of child groups, which are not synced."""
    nested = child_groups_of(visit, before.model_copy(update=changed), titles)
    answer = save_part(visit, form, before, changed, check=True, to=to)
    if answer is not None:
        warn_each(visit, nested)
    return answer


def child_groups_of(visit: Visit, link: Link, titles: Mapping[int, str]) -> list[Message]:
    """Return what is to be said of child groups of a connection's groups."""
    with with_time_limit(visit.site) as site:
        return child_group_sentences(site, link.connection.group_ids, titles)


def warn_each(visit: Visit, sentences: Sequence[str]) -> None:
    """Warn of each on the next page."""
    for one in sentences:
        visit.warn(in_language(one, _))


def show_part(visit: Visit, template: str, link: Link, form: ConfigurationForm, **context: Any) -> HttpResponse:
    """Return the page on which one part is changed."""
    whole = {"link": link, "form": form, **context}
    return visit.render(f"configuration/{template}.html", whole, status=status_of_form(form))
