"""What can be set about a site."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from mailchimpsync_sandbox.civicrm import endpoint
from mailchimpsync_sandbox.civicrm.entities.seeding import VERSION
from mailchimpsync_sandbox.civicrm.query.zones import Zones, by_name, fixed

VERSIONS = {"6.13": "6.13.3", "6.17": VERSION}
"""The versions of CiviCRM that were recorded."""


@dataclass(frozen=True)
class Settings:
    """A site's settings, as `set_options` takes them.

    `version`: one of `VERSIONS`.
    `zone` (a name such as America/New_York) or `utc_offset_minutes`: the site's zone.
    `session_zone_is_named`: whether its database session has the zone by name, or as the number of today's offset.
    `url_forms`: see `endpoint.URL_FORMS`; `html_status` goes with the page for URLs of another form.
    `page_cost_seconds`: what every request takes besides its work.
    `web_login`: the `user:password` that the web server asks for, empty for none.
    `key_flows`: the headers in which AuthX takes a key, see `endpoint.KEY_FLOWS`.
    """

    version: str = "6.17"
    zones: Zones = field(default_factory=Zones)
    url_forms: tuple[str, ...] = ("clean",)
    html_status: int = 200
    page_cost_seconds: float = 0.0
    web_login: str = ""
    key_flows: tuple[str, ...] = endpoint.KEY_FLOWS

    def changed(self, **given: Any) -> Settings:
        """Return the settings with what is given changed; None changes nothing.

        Raises:
            ValueError: a value is out of bounds.
            TypeError: there is no such setting.
        """
        settings = self
        for name, value in given.items():
            if name not in _CHANGES:
                raise TypeError(f"no such option: {name}; there are {', '.join(_CHANGES)}")
            if value is not None:
                settings = _CHANGES[name](settings, value)
        return settings

    def as_dict(self) -> dict[str, Any]:
        """Return all settings by the names that `changed` takes, without the offset, which `zone` says too."""
        return {
            "version": self.version,
            "zone": str(self.zones.zone),
            "session_zone_is_named": self.zones.session_is_named,
            "url_forms": list(self.url_forms),
            "html_status": self.html_status,
            "page_cost_seconds": self.page_cost_seconds,
            "web_login": self.web_login,
            "key_flows": list(self.key_flows),
        }


def _with_zones(settings: Settings, **change: Any) -> Settings:
    return replace(settings, zones=replace(settings.zones, **change))


def _chosen(given: Iterable[str], known: Iterable[str], what: str) -> tuple[str, ...]:
    chosen, known = tuple(given), tuple(known)
    if unknown := set(chosen) - set(known):
        raise ValueError(f"unknown {what} {sorted(unknown)}; there are {list(known)}")
    return chosen


_CHANGES: dict[str, Callable[[Settings, Any], Settings]] = {
    "version": lambda old, new: replace(old, version=_chosen([new], VERSIONS, "version")[0]),
    "utc_offset_minutes": lambda old, new: _with_zones(old, zone=fixed(int(new))),
    "zone": lambda old, new: _with_zones(old, zone=by_name(new)),
    "session_zone_is_named": lambda old, new: _with_zones(old, session_is_named=bool(new)),
    "url_forms": lambda old, new: replace(old, url_forms=_chosen(new, endpoint.URL_FORMS, "URL forms")),
    "html_status": lambda old, new: replace(old, html_status=int(new)),
    "page_cost_seconds": lambda old, new: replace(old, page_cost_seconds=max(0.0, float(new))),
    "web_login": lambda old, new: replace(old, web_login=str(new)),
    "key_flows": lambda old, new: replace(old, key_flows=_chosen(new, endpoint.KEY_FLOWS, "ways for a key")),
}
