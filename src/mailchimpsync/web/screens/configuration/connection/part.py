"""A page for each part of a connection: its form is declared, and one view shows and saves them all.

A new part is a `PartForm`, a template `connection_KEY.html`, a card, and `edit_part(KEY, …)` in its `urlpatterns`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import SizedGroup, with_time_limit
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.configuration.child_groups import child_group_sentences
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.messages import Message
from mailchimpsync.web.screens.configuration.saving import (
    ConfigurationForm,
    PendingChange,
    add_error,
    save_form,
    status_of_form,
)
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.templatetags.screens import translated


class PartForm(ConfigurationForm):
    """A form for a part of a connection. By default its fields are those of the part's model that have the same name.

    `part` is the field of `Link` that holds the part.
    """

    part: ClassVar[str] = ""

    def __init__(self, visit: Visit, link: Link, **initial: Any) -> None:
        """Show the part as it is, and `initial` for other fields."""
        self.link = link
        present = getattr(link, self.part).model_dump() if self.part else {}
        super().__init__(visit, initial={**present, **initial})

    @property
    def values(self) -> dict[str, Any]:
        """The part's values as the form has them; those it doesn't have stay."""
        fields = type(getattr(self.link, self.part)).model_fields
        return {name: value for name, value in self.cleaned_data.items() if name in fields}

    @property
    def changed(self) -> dict[str, Any]:
        """The fields of the link that the form changes."""
        before = getattr(self.link, self.part)
        return {self.part: type(before).model_validate({**before.model_dump(), **self.values})}

    @property
    def context(self) -> dict[str, Any]:
        """What the page shows besides the form."""
        return {}

    @property
    def to(self) -> str:
        """Where to go once it is saved."""
        return page_of(self.link)

    def save(self) -> HttpResponse | None:
        """Save what the form says; None: it could not be saved, and the form says why."""
        return save_part(self.visit, self, self.link, self.changed, check=False, to=self.to)


def edit_part(key: str, make: Callable[[Visit, Link], PartForm], *, address: str = "", name: str = "") -> URLPattern:
    """Return the page on which a part is changed: `configuration-KEY`, made of `connection_KEY.html`."""

    @screen(Scope.CONFIGURE, "GET", "HEAD", "POST", is_readable=True)
    def edit(visit: Visit, list_id: str) -> HttpResponse:
        link = find_audience(visit.site, list_id)
        form = make(visit, link)
        if form.is_bound and form.is_valid() and (answer := form.save()) is not None:
            return answer
        return show_part(visit, f"connection_{key}", link, form, **form.context)

    where = f"configuration/connections/<str:list_id>/{address or key}"
    return path(where, edit, name=f"configuration-{name or key}")


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
        wanted = visit.site.configuration.replacing_link(link, instead_of=before.audience_id)
    except MailchimpsyncError as error:
        add_error(form, error)
        return None
    done = _("Changes to %(title)s saved.") % {"title": link.title}
    return save_form(visit, form, PendingChange(wanted, done, to or page_of(link)), check=check)


def save_groups(form: PartForm, groups: Sequence[SizedGroup]) -> HttpResponse | None:
    """Save which groups a connection has, once both sides were asked for them, and warn of child groups."""
    visit, link, changed = form.visit, form.link, form.changed
    nested = child_groups_of(visit, link.model_copy(update=changed), {one.id: one.title for one in groups})
    answer = save_part(visit, form, link, changed, check=True, to=form.to)
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
        visit.warn(translated(one))


def show_part(visit: Visit, template: str, link: Link, form: ConfigurationForm, **context: Any) -> HttpResponse:
    """Return the page on which one part is changed."""
    whole = {"link": link, "form": form, **context}
    return visit.render(f"configuration/{template}.html", whole, status=status_of_form(form))
