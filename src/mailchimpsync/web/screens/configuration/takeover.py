"""Taking over from the PHP extension: what it has, the switch, and the way back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import Site
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.takeover.back import go_back, note_to_go_back
from mailchimpsync.actions.takeover.configuration import HiddenKeyError
from mailchimpsync.actions.takeover.note import Note, read_note
from mailchimpsync.actions.takeover.rows import RowCounts
from mailchimpsync.actions.takeover.switch import TakenOverSite, take_over
from mailchimpsync.actions.takeover.understanding import Source, Understanding, understand
from mailchimpsync.config import Link, mask
from mailchimpsync.errors import REGISTRY, MailchimpsyncError, UsageError
from mailchimpsync.web.background_tasks import BackgroundTask
from mailchimpsync.web.screens.configuration.connection.part import warn_each
from mailchimpsync.web.screens.configuration.fields import NotBlank, SecretField
from mailchimpsync.web.screens.screen import Visit, screen

TASK, LOOK, SWITCH = "takeover", "look", "switch"
"""The background task's name, in place of an audience, and its kinds."""

_KEPT = ("account", "leave_out", "base_url")
"""What the next page fills in again; it is no secret."""

Look = tuple[Source, Understanding]


class SourceForm(forms.Form):
    """What the administrator knows besides what the extension says."""

    account = NotBlank(
        label=gettext_lazy("Account"),
        help_text=gettext_lazy("Its name in the extension. Only if its API key has to be replaced."),
        max_length=100,
        required=False,
    )
    api_key = SecretField(label=gettext_lazy("API key"))
    leave_out = NotBlank(
        label=gettext_lazy("Audiences to leave out"),
        help_text=gettext_lazy("Their ids, separated by spaces. Only for audiences that no longer exist."),
        max_length=1_000,
        required=False,
    )
    base_url = NotBlank(
        label=gettext_lazy("API address"),
        help_text=gettext_lazy("Replaces Mailchimp's own address. Only for a proxy or a local test server."),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )

    @property
    def source(self) -> Source:
        """What the form says."""
        given = self.cleaned_data
        keys = {given["account"]: given["api_key"]} if given["account"] and given["api_key"] else {}
        return Source(None, keys, given["base_url"] or None, frozenset(given["leave_out"].split()))


@screen(Scope.CONFIGURE)
def show(visit: Visit) -> HttpResponse:
    """Show what there is to take over, or what was taken over."""
    task = visit.service.tasks.newest(TASK)
    context = {**_context(visit, task), "form": SourceForm(initial=_initial(visit, task))}
    if visit.is_partial:
        return visit.part("configuration/parts/takeover.html", context)
    return visit.render("configuration/takeover.html", context)


@screen(Scope.CONFIGURE, "POST")
def begin_look(visit: Visit) -> HttpResponse:
    """Start to read what the extension has, which changes nothing."""
    form = SourceForm(visit.request.POST)
    if not form.is_valid():
        task = visit.service.tasks.newest(TASK)
        return visit.render("configuration/takeover.html", {**_context(visit, task), "form": form}, status=400)
    source = form.source

    def work(site: Site) -> Look:
        return source, understand(site, source)

    visit.service.tasks.begin(visit.site, LOOK, TASK, work, by=visit.by)
    given = urlencode({name: value for name in _KEPT if (value := form.cleaned_data[name])})
    return redirect(f"{reverse('configuration-takeover')}?{given}")


@screen(Scope.CONFIGURE, "POST")
def begin_switch(visit: Visit) -> HttpResponse:
    """Take over what was shown."""
    task = visit.service.tasks.newest(TASK)
    if task is None or task.kind != LOOK or task.result is None:
        raise UsageError(_("What was shown is out of date. Look again first."))
    source: Source = task.result[0]
    by, ignore = visit.by, visit.request.POST.get("ignore_unfinished") == "yes"

    def work(site: Site) -> TakenOverSite:
        return take_over(site, source, by=by, ignore_unfinished=ignore)

    visit.service.tasks.begin(visit.site, SWITCH, TASK, work, by=by)
    return redirect("configuration-takeover")


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def back(visit: Visit) -> HttpResponse:
    """Go back to the extension, after a confirmation that lists what ends here."""
    note = note_to_go_back(visit.site)
    if visit.request.POST.get("confirmed") == "yes":
        done = go_back(visit.site, by=visit.by)
        warn_each(visit, done.refused)
        visit.service.tasks.dismiss(TASK)
        visit.say(_("The PHP extension syncs again, and its connections here are removed."))
        return redirect("configuration")
    return visit.render("configuration/takeover_back.html", {"note": note, "links": _links(visit, note)})


def _context(visit: Visit, task: BackgroundTask | None) -> dict[str, Any]:
    look: Look | None = task.result if task is not None and task.kind == LOOK else None
    found = look[1] if look else None
    return {
        "task": task,
        "is_looking": task is not None and task.is_under_way and task.kind == LOOK,
        "is_switching": task is not None and task.is_under_way and task.kind == SWITCH,
        "error": task.error if task else None,
        "found": found,
        "connections": [_described(found, link) for link in found.links] if found else [],
        "done": task.result if task is not None and task.kind == SWITCH else None,
        "note": _note(visit),
        "has_civicrm": visit.site.configuration.civicrm is not None,
    }


def _described(found: Understanding, link: Link) -> dict[str, Any]:
    rows: RowCounts = found.rows[link.audience_id]
    return {
        "link": link,
        "key": mask(found.found.configuration.accounts[link.account].api_key.get_secret_value()),
        "is_new": link.audience_id in found.new,
        "interests": found.interests_of(link),
        "rows": rows,
        "in_sync": rows.by_status["ok"],
        "failed": [(REGISTRY[code].sentence, code.value, number) for code, number in rows.failed.most_common()],
    }


def _initial(visit: Visit, task: BackgroundTask | None) -> dict[str, Any]:
    """Fill in what was given before, but for the key; an account whose key is hidden is named."""
    error = task.error if task is not None else None
    hidden = {"account": error.accounts[0]} if isinstance(error, HiddenKeyError) else {}
    return {**{name: visit.request.GET.get(name, "") for name in _KEPT}, **hidden}


def _note(visit: Visit) -> Note | None:
    note = read_note(visit.site)
    return note if note is not None and visit.site.runtime.now() < note.ends_at else None


def _links(visit: Visit, note: Note) -> list[Link]:
    return [link for link in visit.site.configuration.connections if link.audience_id in note.audiences]


def may_take_over(site: Site) -> bool:
    """Say whether the first page offers a takeover: nothing is connected yet, or it can be gone back."""
    try:
        note = read_note(site)
    except MailchimpsyncError:  # the secret key was lost: another page says so
        return False
    is_open = note is not None and site.runtime.now() < note.ends_at
    return is_open or not site.configuration.connections


urlpatterns = [
    path("configuration/takeover", show, name="configuration-takeover"),
    path("configuration/takeover/look", begin_look, name="configuration-takeover-look"),
    path("configuration/takeover/switch", begin_switch, name="configuration-takeover-switch"),
    path("configuration/takeover/back", back, name="configuration-takeover-back"),
]
