"""Our entries in CiviCRM: two in its menu, and a tab on every contact (docs/decisions/entries-in-civicrm.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from mailchimpsync.civicrm.http.client import Call, CivicrmClient, Result, succeeded
from mailchimpsync.errors import AccessError, RemoteError

STATUS, CONFIGURATION = "mailchimpsync_service_status", "mailchimpsync_service_configuration"
TAB = "afformMailchimpsyncContact"
"""The names by which we find what is ours. The PHP extension's entries have other names, and are left alone."""

LABELS: Mapping[str, str] = {
    STATUS: "Mailchimp Sync Status",
    CONFIGURATION: "Configure Mailchimp Sync",
    TAB: "Mailchimp",
}
_PARENTS: Mapping[str, str] = {STATUS: "Mailings", CONFIGURATION: "System Settings"}
_PATHS: Mapping[str, str] = {STATUS: "", CONFIGURATION: "configuration"}
_SEEN_BY: Mapping[str, list[str]] = {
    STATUS: ["access CiviMail", "administer CiviCRM"],
    CONFIGURATION: ["administer CiviCRM"],
}
_FORMS = {"select": ["name"], "where": [["name", "=", "Afform"]]}
_OURS = [["name", "IN", [STATUS, CONFIGURATION]]]
_OUR_TAB = [["name", "=", TAB]]


@dataclass(frozen=True, slots=True)
class Entries:
    """What is there of our entries.

    Attributes:
        addresses: where the entries in the menu lead, by name; None if the key's user may not see that.
        tab: the layout of the tab; None if there is none.
        has_forms: whether the site has FormBuilder, which shows the tab.
    """

    addresses: Mapping[str, str] | None = field(default_factory=dict)
    tab: str | None = None
    has_forms: bool = True

    @property
    def any(self) -> bool:
        """Whether there is any that the key's user can see."""
        return bool(self.addresses) or self.tab is not None

    def wrong(self, service: str) -> list[str]:
        """Return the labels of the entries that are missing or lead elsewhere than to a service's public address."""
        menu = [] if self.addresses is None else [STATUS, CONFIGURATION]
        found = [name for name in menu if (self.addresses or {}).get(name) != _address(service, name)]
        lost_tab = [TAB] if self.has_forms and _link(service) not in (self.tab or "") else []
        return [LABELS[name] for name in (*found, *lost_tab)]


def entries(client: CivicrmClient) -> Entries:
    """Return what is there of our entries.

    Raises:
        TransientError, AccessError: CiviCRM can't be asked.
    """
    calls: dict[str, Call] = {
        "menu": ("Navigation", "get", {"select": ["name", "url"], "where": _OURS}),
        "forms": ("Entity", "get", _FORMS),
    }
    found = client.multi(calls)
    if not succeeded(found["forms"]).values:
        return Entries(_addresses(found["menu"]), None, has_forms=False)
    tab = client.call("Afform", "get", {"select": ["layout"], "where": _OUR_TAB, "layoutFormat": "html"})
    return Entries(_addresses(found["menu"]), str(tab[0].get("layout") or "") if tab else None)


def install_entries(client: CivicrmClient, service: str) -> Entries:
    """Make or correct our entries, so that they lead to a service's public address; return what is there then.

    Raises:
        AccessError: `CV_RIGHT_MISSING`, the key's user lacks “administer CiviCRM”.
        TransientError: CiviCRM doesn't respond; call it again.
    """
    places = {"select": ["id", "name"], "where": [["name", "IN", list(_PARENTS.values())], ["is_active", "=", True]]}
    parents = {row["name"]: row["id"] for row in client.call("Navigation", "get", places)}
    records = [_entry(name, parents.get(parent), service) for name, parent in _PARENTS.items()]
    client.call("Navigation", "save", {"records": records, "match": ["name"]}, idempotent=True)
    if client.call("Entity", "get", _FORMS):
        client.call("Afform", "save", {"records": [_tab(service)], "layoutFormat": "html"}, idempotent=True)
    return entries(client)


def remove_entries(client: CivicrmClient) -> bool:
    """Remove all of our entries, and return whether there were any. Raises as `install_entries`."""
    gone = client.call("Navigation", "delete", {"where": _OURS}, idempotent=True)
    has_tab = bool(client.call("Entity", "get", _FORMS)) and bool(
        client.call("Afform", "get", {"select": ["name"], "where": _OUR_TAB})
    )
    if has_tab:
        client.call("Afform", "revert", {"where": _OUR_TAB}, idempotent=True)
    return bool(gone) or has_tab


def _addresses(found: Result | RemoteError) -> Mapping[str, str] | None:
    if isinstance(found, AccessError):
        return None
    return {str(row["name"]): str(row.get("url") or "") for row in succeeded(found).values}


def _entry(name: str, parent: int | None, service: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": LABELS[name],
        "url": _address(service, name),
        "parent_id": parent,
        "permission": _SEEN_BY[name],
        "permission_operator": "OR",
        "is_active": True,
    }


def _tab(service: str) -> dict[str, Any]:
    return {
        "name": TAB,
        "type": "search",
        "title": LABELS[TAB],
        "placement": ["contact_summary_tab"],
        "icon": "fa-envelope-o",
        "permission": ["access CiviCRM"],
        "layout": f'<div><p>Mailing lists are kept in sync with Mailchimp.</p><p><a class="btn btn-primary" '
        f'href="{_link(service)}" target="_blank" rel="noopener">Why is this person (not) on a list?</a></p></div>',
    }


def _address(service: str, name: str) -> str:
    return f"{service.rstrip('/')}/{_PATHS[name]}"


def _link(service: str) -> str:
    return escape(f"{service.rstrip('/')}/people?person=") + "{{options.contact_id}}"
