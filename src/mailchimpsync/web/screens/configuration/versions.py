"""Versions of the configuration: what each changed, how two of them differ, and restoring one."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import Site, kept_names, version_of, versions
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.texts.names import with_names
from mailchimpsync.config import Configuration, changes
from mailchimpsync.errors import UsageError
from mailchimpsync.web.screens.configuration.change_list import group_by_part
from mailchimpsync.web.screens.configuration.saving import PendingChange, save
from mailchimpsync.web.screens.screen import Visit, screen

SHOWN, SHOWN_MAX = 25, 200


@screen()
def index(visit: Visit) -> HttpResponse:
    """List the versions, and the differences of two that are chosen."""
    asked = visit.request.GET
    everything = asked.get("all") == "yes"
    found, names = versions(visit.site, SHOWN_MAX if everything else SHOWN), kept_names(visit.site)

    def by_part(lines: Iterable[str]) -> list[tuple[str, list[str]]]:
        return group_by_part(with_names(line, names) for line in lines)

    context = {
        "versions": [(one, by_part(one.changes)) for one in found],
        "newest": visit.site.version,
        "numbers": range(visit.site.version, max(visit.site.version - SHOWN_MAX, 0), -1),
        "has_more": not everything and len(found) == SHOWN and found[-1].number > 1,
    }
    if asked.get("a") and asked.get("b"):
        a, b = _number(asked["a"]), _number(asked["b"])
        context |= {
            "a": a,
            "b": b,
            "differences": by_part(changes(_version(visit.site, a), _version(visit.site, b))),
        }
    return visit.render("configuration/versions.html", context)


@screen(Scope.CONFIGURE, "POST")
def restore(visit: Visit, number: int) -> HttpResponse:
    """Restore a version, after a confirmation that lists what changes and is deleted."""
    wanted = version_of(visit.site, number)
    if wanted == visit.site.configuration:
        visit.say(_("Version %(number)s is already in use.") % {"number": number})
        return redirect("configuration-versions")
    done = _("Version %(number)s was restored and saved as the newest version.") % {"number": number}
    check = visit.request.POST.get("unchecked") != "yes"
    return save(visit, PendingChange(wanted, done, reverse("configuration-versions")), check=check, always_ask=True)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 (longer than any version's)
        raise UsageError(_("A version must be a number."))
    return int(text)


def _version(site: Site, number: int) -> Configuration:
    return version_of(site, number) if number else Configuration()


urlpatterns = [
    path("configuration/versions", index, name="configuration-versions"),
    path("configuration/versions/<int:number>/restore", restore, name="configuration-restore"),
]
