"""What a write makes of a member: the transitions and refusals.

See docs/reference/mailchimp-behaviour.md#writing-members.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import (
    in_compliance_state,
    invalid_resource,
    member_exists,
    not_validated,
)
from mailchimpsync_sandbox.mailchimp.members import store, tagging
from mailchimpsync_sandbox.mailchimp.members.addresses import check_address, check_throttle
from mailchimpsync_sandbox.mailchimp.members.merge_values import merged
from mailchimpsync_sandbox.mailchimp.times import stored
from mailchimpsync_sandbox.mailchimp.webhooks import webhooks

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.world import Audience, World

Method = Literal["POST", "PUT", "PATCH"]

STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
# Who leaves by these ways comes back only by an act of his own.
STICKY_ORIGINS = ("user", "abuse", "bounce")
REASON_BY_API = "N/A (Unsubscribed by admin)"
_STATUS_WORDS = {"archived": "Deleted", "transactional": "Non-Subscribed"}

TYPES: dict[str, type | tuple[type, ...]] = {
    "email_address": str,
    "status": str,
    "status_if_new": str,
    "email_type": str,
    "merge_fields": dict,
    "interests": dict,
    "language": str,
    "vip": bool,
    "location": dict,
    "marketing_permissions": list,
    "ip_signup": str,
    "ip_opt": str,
    "timestamp_signup": str,
    "timestamp_opt": str,
    "tags": list,
}


@dataclass(frozen=True)
class Write:
    """A member as somebody wants it to be."""

    world: World
    audience: Audience
    method: Method
    body: dict[str, Any]
    ip: str = ""
    skip_required: bool = False

    @property
    def address(self) -> str:
        return str(self.body.get("email_address") or "").strip()

    @property
    def status(self) -> str | None:
        return self.body.get("status") or None


def write_member(write: Write, existing: sqlite3.Row | None) -> int:
    """Make or change a member, fire what the audience's webhooks listen to, and return the row's key.

    All checks come before the first change, so that a refused write leaves nothing behind.

    Raises:
        Problem: 400, as the API refuses it.
    """
    check_schema(write)
    if existing is None:
        return _create(write)
    if write.method == "POST" and existing["status"] != "archived":
        raise member_exists(write.address)
    return _change(write, existing)


def check_schema(write: Write) -> None:
    """Refuse a body that is not of the schema.

    Raises:
        Problem: 400 Invalid Resource, with the fields.
    """
    check_types(write.body, TYPES)
    allowed = STATUSES if write.method != "PATCH" else STATUSES[:4]
    for name in ("status", "status_if_new"):
        if write.body.get(name) not in (None, "", *allowed):
            raise not_validated((name, "Data did not match any of the schemas described in anyOf."))
    for name in ("ip_signup", "ip_opt"):
        if write.body.get(name):
            _check_ip(name, write.body[name])


def _check_ip(name: str, text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise not_validated((name, "This value is not a valid IP address.")) from None


def _create(write: Write) -> int:
    status = write.status or write.body.get("status_if_new")
    if not write.address:
        raise not_validated(("email_address", "This value should not be blank."))
    if not status:
        raise not_validated(("status", "This value should not be blank."))
    check_address(write.world, write.audience, write.address)
    now = write.world.now()
    values = {"email_address": write.address, "status": status, "last_changed": now}
    values |= _entered(status, write.ip, now) | _left(status)
    values |= _plain(write.body) | _merge_fields(write, None) | _interests(write, None)
    pk = store.insert(write.world.db, write.audience.list_id, values)
    _tag(write, pk)
    webhooks.announce(write.world, write.audience, pk, None, "api")
    return pk


def _change(write: Write, existing: sqlite3.Row) -> int:
    world, pk = write.world, int(existing["pk"])
    values = _renamed(write, existing) | _status(write, existing)
    values |= _plain(write.body) | _merge_fields(write, existing) | _interests(write, existing)
    values = {name: value for name, value in values.items() if existing[name] != value}
    if _tag(write, pk) or values:
        store.update(world.db, pk, values | {"last_changed": world.now()})
        webhooks.announce(world, write.audience, pk, existing, "api")
    return pk


def _status(write: Write, existing: sqlite3.Row) -> store.Values:
    status, now = write.status, write.world.now()
    if status in (None, existing["status"]):
        return {}
    if status == "subscribed" and existing["origin"] in STICKY_ORIGINS:
        raise in_compliance_state(existing["email_address"])
    if existing["status"] == "archived":
        check_throttle(write.world, existing["email_address"])
    values = {"status": status, "status_before": ""} | _left(status)
    if existing["origin"] in STICKY_ORIGINS:
        values.pop("origin")
    if existing["status"] in ("archived", "pending", "transactional") or status == "pending":
        values |= _entered(status, write.ip, now)
    if status == "pending":
        values["confirmations"] = existing["confirmations"] + 1
    return values


def _entered(status: str, ip: str, now: str) -> store.Values:
    """Return what is noted about a person's opt-in."""
    if status == "subscribed":
        return {"timestamp_opt": now, "ip_opt": ip}
    if status == "pending":
        return {"timestamp_signup": now, "ip_signup": ip, "confirmations": 1}
    return {}


def _left(status: str) -> store.Values:
    """Return what is noted about why a person, written by the API, is not subscribed."""
    if status == "unsubscribed":
        return {"origin": "api", "reason": REASON_BY_API}
    return {"origin": "bounce" if status == "cleaned" else "", "reason": ""}


def _renamed(write: Write, existing: sqlite3.Row) -> store.Values:
    address = write.address
    if not address or address == existing["email_address"]:
        return {}
    if address.lower() == existing["address"]:
        return {"email_address": address}
    taken = store.by_address(write.world.db, write.audience.list_id, address)
    if taken is not None:
        word = _STATUS_WORDS.get(taken["status"], taken["status"].capitalize())
        raise not_validated(("email address", f'"{address}" is already in this list with a status of "{word}".'))
    if existing["status"] != "subscribed":
        message = (
            f'This member\'s status is "{existing["status"]}." You can only update email addresses for members'
            ' with a status of "subscribed."'
        )
        raise not_validated(("email address", message))
    check_address(write.world, write.audience, address)
    return store.identity(address)


def _plain(body: dict[str, Any]) -> store.Values:
    names = ("email_type", "language", "ip_signup", "ip_opt")
    values: store.Values = {name: body[name] for name in names if body.get(name) is not None}
    if body.get("vip") is not None:
        values["vip"] = int(body["vip"])
    for name in ("timestamp_signup", "timestamp_opt"):
        if body.get(name) is not None:
            values[name] = _time(name, body[name])
    if (place := body.get("location")) is not None:
        values["location"] = store.compact(
            {"latitude": place.get("latitude", 0), "longitude": place.get("longitude", 0)}
            | {"gmtoff": 0, "dstoff": 0, "country_code": "", "timezone": ""}
        )
    if body.get("marketing_permissions"):
        values["permissions"] = store.compact(body["marketing_permissions"])
    return values


def _time(name: str, text: str) -> str:
    try:
        return stored(text)
    except ValueError:
        raise not_validated((name, "This value is not a valid datetime.")) from None


def _merge_fields(write: Write, existing: sqlite3.Row | None) -> store.Values:
    given = write.body.get("merge_fields") or {}
    check_required = not write.skip_required and (write.method != "PATCH" or bool(given))
    if existing is not None and not given and not check_required:
        return {}
    before = write.audience.blank_merge_fields if existing is None else json.loads(existing["merge_fields"])
    german = write.world.options.language == "de"
    after = merged(write.audience.merge_fields, before, given, check_required=check_required, german=german)
    return {"merge_fields": store.compact(after)} if existing is None or after != before else {}


def _interests(write: Write, existing: sqlite3.Row | None) -> store.Values:
    given = write.body.get("interests") or {}
    for key in given:
        if key not in write.audience.interests:
            raise invalid_resource(f"Invalid interest ID: '{key}'.")
    if existing is not None and not given:
        return {}
    before = dict.fromkeys(write.audience.interests, False)
    if existing is not None:
        before = json.loads(existing["interests"])
    return {"interests": store.compact(before | {key: bool(value) for key, value in given.items()})}


def _tag(write: Write, pk: int) -> bool:
    names = [str(tag["name"] if isinstance(tag, dict) else tag) for tag in write.body.get("tags") or []]
    return bool(names) and tagging.set_tags(write.world, write.audience.list_id, pk, dict.fromkeys(names, True))
