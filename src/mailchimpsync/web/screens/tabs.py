"""The tabs of a connection: every page about one connection has them, under its name and its state.

A page belongs to a connection by its address (`list_id`), by `?audience=` in a list of all connections, or by the
`link` among what it shows. Its tab follows from the name of its address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import ResolverMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailchimpsync.actions import Site
from mailchimpsync.config import Link
from mailchimpsync.web.screens.state_badge import StateBadge, current_badge
from mailchimpsync.web.service import Service


class Tab(StrEnum):
    """The tabs, in their order."""

    STATUS = "status"
    PEOPLE = "people"
    HISTORY = "history"
    PLANS = "plans"
    SETTINGS = "settings"


TITLES: Mapping[Tab, Promise] = {
    Tab.STATUS: _("Status"),
    Tab.PEOPLE: _("People"),
    Tab.HISTORY: _("History"),
    Tab.PLANS: _("Plans"),
    Tab.SETTINGS: _("Settings"),
}

_PAGES: Mapping[Tab, frozenset[str]] = {
    Tab.STATUS: frozenset({"connection", "connection-batches", "differences", "abort", "accept", "pause"}),
    Tab.PEOPLE: frozenset({"cache", "cache-row", "cannot-sync"}),
    Tab.HISTORY: frozenset({"runs", "run"}),
    Tab.PLANS: frozenset({"plans", "plan", "decide-plan"}),
}
_SETTINGS = "configuration/connections/"
_LISTS = frozenset({"cache", "cannot-sync", "plans"})
"""Lists of all connections, which show one of them with `?audience=`."""


@dataclass(frozen=True)
class TabLink:
    """A tab: a link that is current, or not."""

    title: str | Promise
    url: str
    is_current: bool


@dataclass(frozen=True)
class ConnectionFrame:
    """What stands above every page of a connection; `is_front`: its first page, which refreshes the badge itself."""

    link: Link
    tabs: tuple[TabLink, ...]
    badge: StateBadge
    is_front: bool


def frame_of(request: HttpRequest, site: Site, service: Service, context: Mapping[str, Any]) -> ConnectionFrame | None:
    """Return what stands above a page; None if it isn't about one connection."""
    match = request.resolver_match
    if match is None or (tab := tab_of(match.url_name or "", match.route)) is None:
        return None
    if (link := _link_of(request, match, site, context.get("link"))) is None:
        return None
    tabs = tuple(TabLink(TITLES[one], url_of(one, link), one is tab) for one in Tab)
    return ConnectionFrame(link, tabs, current_badge(site, service, link), match.url_name == "connection")


def tab_of(name: str, route: str) -> Tab | None:
    """Return the tab that a page belongs to, by the name and the pattern of its address."""
    if route.startswith(_SETTINGS):
        return Tab.SETTINGS
    return next((tab for tab, names in _PAGES.items() if name in names), None)


def url_of(tab: Tab, link: Link) -> str:
    """Return where a tab leads to."""
    of = f"?{urlencode({'audience': link.audience_id})}"
    match tab:
        case Tab.STATUS:
            return reverse("connection", args=[link.audience_id])
        case Tab.PEOPLE:
            return reverse("cache") + of
        case Tab.HISTORY:
            return reverse("runs", args=[link.audience_id])
        case Tab.PLANS:
            return reverse("plans") + of
    return reverse("configuration-connection", args=[link.audience_id])


def _link_of(request: HttpRequest, match: ResolverMatch, site: Site, shown: Link | None) -> Link | None:
    if match.url_name in _LISTS:
        list_id = request.GET.get("audience")
    else:
        list_id = match.kwargs.get("list_id") or (shown.audience_id if shown is not None else None)
    return next((link for link in site.configuration.connections if link.audience_id == list_id), None)
