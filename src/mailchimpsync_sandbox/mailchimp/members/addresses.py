"""Which addresses Mailchimp takes at all (docs/reference/mailchimp-behaviour.md#refusals-of-a-member)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailchimpsync_sandbox.mailchimp.http.problems import forgotten, invalid_resource, throttled

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.world import Audience, World

LENGTH_MAX = 254
_SYNTAX = re.compile(r"[^\s@,;<>()\"\[\]]+@[^\s@,;<>()\"\[\]]+\.[^\s@.,;<>()\"\[\]]{2,}")
EXAMPLE_DOMAINS = frozenset({"example.com", "example.org", "example.net"})
MISTYPED_DOMAINS = frozenset(
    {"gmail.vom", "gmail.con", "gmial.com", "hotmail.con", "hotmial.com", "yahoo.con", "yaho.com"}
)


def check_address(world: World, audience: Audience, address: str) -> None:
    """Refuse what the real service would not take as a new address of this audience.

    Raises:
        Problem: 400: bad syntax, looks fake, throttled, or deleted for good before.
    """
    local, _, domain = address.lower().rpartition("@")
    if len(address) > LENGTH_MAX or not _SYNTAX.fullmatch(address) or ".." in address or local.endswith("."):
        raise invalid_resource("Please provide a valid email address.")
    options = world.options
    if domain in MISTYPED_DOMAINS or (domain in EXAMPLE_DOMAINS and not options.allow_example_addresses):
        raise invalid_resource(f"{address} looks fake or invalid, please enter a real email address.")
    if is_forgotten(world, audience.list_id, address):
        raise forgotten(address)
    check_throttle(world, address)


def check_throttle(world: World, address: str) -> None:
    """Refuse an address that was signed up too often of late.

    Raises:
        Problem: 400, for addresses named in the option `throttled_addresses`.
    """
    if address.lower() in {throttled_one.lower() for throttled_one in world.options.throttled_addresses}:
        raise throttled(address)


def is_forgotten(world: World, list_id: str, address: str) -> bool:
    """Tell whether this address was deleted permanently from the audience."""
    sql = "SELECT 1 FROM forgotten WHERE list_id = ? AND address = ?"
    return world.db.one(sql, list_id, address.lower()) is not None
