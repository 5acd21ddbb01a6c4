"""The menu: the screens that a user may see, with the number of things waiting on each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailchimpsync.actions import Site
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.queries.failures import count_failed
from mailchimpsync.web.models import User

_COUNTED_FOR_SECONDS = 5


@dataclass(frozen=True)
class Item:
    """A menu item; `number` is how many things are waiting there, if they are counted."""

    name: str
    title: str | Promise
    url: str
    icon: str
    is_current: bool
    number: int = 0
    is_counted: bool = False


@dataclass(frozen=True)
class _Entry:
    title: Promise
    name: str
    icon: str
    scope: Scope = Scope.READ
    count: Callable[[Site, Transaction], int] | None = None


def _failed(site: Site, tx: Transaction) -> int:
    return count_failed(tx, [link.audience_id for link in site.configuration.connections]).need_attention


def _held(site: Site, tx: Transaction) -> int:
    now = site.runtime.now()
    holds = (kept_plans.open_hold(tx, link.audience_id) for link in site.configuration.connections)
    return sum(1 for hold in holds if hold is not None and hold.expires_at > now)


_ENTRIES = (
    _Entry(_("Overview"), "overview", "overview"),
    _Entry(_("Check a person"), "people", "person"),
    _Entry(_("People"), "cache", "rows"),
    _Entry(_("Can't be synced"), "cannot-sync", "warning", count=_failed),
    _Entry(_("Plans"), "plans", "plan", count=_held),
    _Entry(_("Configuration"), "configuration", "gear"),
    _Entry(_("Users and tokens"), "users", "users", Scope.CONFIGURE),
    _Entry(_("API"), "api-docs", "link"),
)


def menu(site: Site, user: User, path: str) -> list[Item]:
    """Return the menu of a user for the page at a path."""
    numbers = _numbers(site)
    entries = [entry for entry in _ENTRIES if user.may(entry.scope)]
    return [
        Item(
            entry.name,
            entry.title,
            url,
            entry.icon,
            _is_current(url, path),
            numbers.get(entry.name, 0),
            bool(entry.count),
        )
        for entry, url in ((entry, reverse(entry.name)) for entry in entries)
    ]


def _is_current(url: str, path: str) -> bool:
    home = reverse("overview")
    return (
        path == url
        or (url != home and path.startswith(url))
        or (url == home and path.startswith(f"{home}connections/"))
    )


def _numbers(site: Site) -> dict[str, int]:
    """Count at most once every few seconds: every page has a menu."""
    key = _key(site)
    found: dict[str, int] | None = cache.get(key)
    if found is None:
        with site.store.reading() as tx:
            found = {entry.name: entry.count(site, tx) for entry in _ENTRIES if entry.count is not None}
        cache.set(_key(site), found, _COUNTED_FOR_SECONDS)
    return found


def forget_numbers(site: Site) -> None:
    """Have the menu count again: something was just decided."""
    cache.delete(_key(site))


def _key(site: Site) -> str:
    return f"menu:{site.settings.place}"
