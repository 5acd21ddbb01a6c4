"""The account itself, and its authentication."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.problems import (
    bad_request,
    key_ambiguous,
    key_invalid,
    key_missing,
    user_disabled,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailchimpsync_sandbox.mailchimp.http.call import Call
    from mailchimpsync_sandbox.mailchimp.world import Account, World


def authenticate(world: World, authorization: str | None, query: Mapping[str, str]) -> Account:
    """Return the account of a request: Basic with any user name, Bearer, OAuth, or `?apikey=`.

    Raises:
        Problem: 401 or 403.
    """
    key = _key(authorization) if authorization else ""
    if "apikey" in query:
        if key and key != query["apikey"]:
            raise key_ambiguous()
        key = query["apikey"]
    elif not authorization:
        raise key_missing()
    account = world.account(key)
    if account is None:
        raise key_invalid()
    if account.details["disabled"]:
        raise user_disabled()
    return account


def _key(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() in ("bearer", "oauth"):
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise key_invalid() from None
    raise bad_request("The authorization header is of an unknown scheme.")


def get_root(call: Call) -> dict[str, Any]:
    """`GET /`."""
    sql = (
        "SELECT COALESCE(sum(members), 0) FROM tally JOIN audience USING (list_id)"
        " WHERE account_id = ? AND status = 'subscribed'"
    )
    details = call.account.details
    answer = {name: value for name, value in details.items() if name != "disabled"}
    answer["total_subscribers"] = call.world.db.value(sql, call.account.account_id)
    answer["_links"] = call.links("/", ("lists", "GET"), ("batches", "GET"))
    return answer


def get_ping(_call: Call) -> dict[str, Any]:
    """`GET /ping`."""
    return {"health_status": "Everything's Chimpy!"}


def save_account(world: World, api_key: str, account_id: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Make an account, or change the one with this key."""
    details = {
        "account_id": account_id,
        "login_id": account_id[:8],
        "account_name": name,
        "email": "admin@charity.test",
        "first_name": "Ada",
        "last_name": "Admin",
        "username": "ada",
        "avatar_url": "",
        "role": "owner",
        "member_since": "2015-01-01T00:00:00+00:00",
        "pricing_plan_type": "monthly",
        "first_payment": "",
        "account_timezone": "UTC",
        "account_industry": "Non-Profit",
        "contact": dict.fromkeys(("company", "addr1", "addr2", "city", "state", "zip", "country"), "")
        | {"company": name},
        "pro_enabled": False,
        "last_login": world.now(),
        "industry_stats": {"open_rate": 0.25, "bounce_rate": 0.01, "click_rate": 0.03},
        "disabled": False,
    }
    if unknown := sorted(set(given) - set(details)):
        raise ValueError(f"no such detail of an account: {', '.join(unknown)}")
    details |= given
    sql = "INSERT INTO account VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"
    world.db.run(sql, api_key, account_id, json.dumps(details))
    return details
