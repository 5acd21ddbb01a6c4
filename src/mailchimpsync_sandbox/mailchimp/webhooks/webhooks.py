"""What an audience's webhooks receive: form-encoded events with bracketed keys.

See docs/reference/mailchimp-behaviour.md#webhooks-of-audiences.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from mailchimpsync_sandbox.mailchimp.ids import WEB_ID_BASE

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.world import Audience, World

Source = Literal["user", "admin", "api"]
EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
SOURCES = ("user", "admin", "api")
_PROFILE = ("email_address", "merge_fields", "interests", "email_type", "language")

Event = tuple[str, dict[str, Any]]


def bracketed(value: Any, key: str = "") -> list[tuple[str, str]]:
    """Flatten into form pairs the way PHP reads them: `data[merges][FNAME]`."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [pair for name, item in items for pair in bracketed(item, f"{key}[{name}]" if key else str(name))]
    return [(key, "" if value is None else str(value))]


def encode(kind: str, now: str, data: dict[str, Any]) -> str:
    """Return the body of one event; `fired_at` is UTC, without a zone."""
    return urlencode(bracketed({"type": kind, "fired_at": now[:19].replace("T", " "), "data": data}))


def announce(world: World, audience: Audience, pk: int, before: sqlite3.Row | None, source: Source) -> None:
    """Fire the events for how a member's row differs from `before` (None: it is new)."""
    if audience.webhooks:
        after = world.db.one("SELECT * FROM member WHERE pk = ?", pk)
        _fire(world, audience, _events(audience, before, after), source)


def _fire(world: World, audience: Audience, events: list[Event], source: Source) -> None:
    now = world.now()
    for webhook in audience.webhooks:
        wanted = [event for event in events if webhook["events"].get(event[0])]
        if wanted and webhook["sources"].get(source) and not webhook.get("disabled"):
            bodies = [encode(kind, now, data) for kind, data in wanted]
            world.outbox.post(f"{audience.list_id}/{webhook['id']}", webhook["url"], bodies, webhook.get("secret", ""))


def _events(audience: Audience, before: sqlite3.Row | None, after: sqlite3.Row | None) -> list[Event]:
    if after is None:
        gone = before is None or before["status"] == "archived"
        return [] if gone or before is None else [_unsubscribed(audience, before, "delete")]
    status_before = before["status"] if before is not None else ""
    if after["status"] != status_before:
        return _status_events(audience, after, created=before is None)
    if before is None or after["status"] != "subscribed" or all(after[name] == before[name] for name in _PROFILE):
        return []
    profile: Event = ("profile", _person(audience, after))
    if after["address"] == before["address"]:
        return [profile]
    return [_address_changed(audience, before, after), profile]


def _status_events(audience: Audience, member: sqlite3.Row, *, created: bool) -> list[Event]:
    status = member["status"]
    if status == "subscribed":
        return [("subscribe", _person(audience, member))]
    if created:
        return []
    if status in ("unsubscribed", "archived"):
        return [_unsubscribed(audience, member, "archive" if status == "archived" else "unsub")]
    if status == "cleaned":
        data = {"list_id": audience.list_id, "campaign_id": "", "reason": "hard", "email": member["email_address"]}
        return [("cleaned", data)]
    return []


def _unsubscribed(audience: Audience, member: sqlite3.Row, action: str) -> Event:
    reason = "abuse" if member["origin"] == "abuse" else "manual"
    return ("unsubscribe", {"action": action, "reason": reason} | _person(audience, member))


def _address_changed(audience: Audience, before: sqlite3.Row, after: sqlite3.Row) -> Event:
    data = {
        "list_id": audience.list_id,
        "new_id": after["unique_email_id"],
        "new_email": after["email_address"],
        "old_email": before["email_address"],
    }
    return ("upemail", data)


def _person(audience: Audience, member: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": member["unique_email_id"],
        "email": member["email_address"],
        "email_type": member["email_type"],
        "ip_opt": member["ip_opt"],
        "web_id": member["pk"] + WEB_ID_BASE,
        "merges": {"EMAIL": member["email_address"]} | json.loads(member["merge_fields"]) | _groups(audience, member),
        "list_id": audience.list_id,
    }


def _groups(audience: Audience, member: sqlite3.Row) -> dict[str, Any]:
    chosen = json.loads(member["interests"])
    categories: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    for interest in audience.interests.values():
        titles[interest.category_id] = interest.category_title
        names = categories.setdefault(interest.category_id, [])
        if chosen.get(interest.id):
            names.append(interest.name.replace(",", "\\,"))
    groupings = [
        {"id": int(key, 16) % 100_000, "unique_id": key, "name": titles[key], "groups": ", ".join(names)}
        for key, names in categories.items()
    ]
    every = ", ".join(name for names in categories.values() for name in names)
    return {"INTERESTS": every} | ({"GROUPINGS": groupings} if groupings else {})
