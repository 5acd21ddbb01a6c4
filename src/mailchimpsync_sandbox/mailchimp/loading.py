"""Fills the stand-in quickly: accounts, audiences, members, campaigns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp import audiences
from mailchimpsync_sandbox.mailchimp.accounts import save_account
from mailchimpsync_sandbox.mailchimp.ids import contact_id, member_id, short_id
from mailchimpsync_sandbox.mailchimp.members import interests, tagging
from mailchimpsync_sandbox.mailchimp.members.rules import REASON_BY_API, STATUSES
from mailchimpsync_sandbox.mailchimp.members.store import compact, identity
from mailchimpsync_sandbox.mailchimp.times import stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mailchimpsync_sandbox.mailchimp.world import Audience, World

Values = dict[str, Any]

_API_KEY = re.compile(r"[0-9a-f]{32}-[a-z]{2,3}\d+")
_INTEREST_ID = re.compile(r"[0-9a-f]{10}")
_ORIGINS = ("api", "admin", "user", "abuse")
_REASONS = {
    "api": REASON_BY_API,
    "admin": REASON_BY_API,
    "user": "N/A (Unsubscribed by the person)",
    "abuse": "Marked as spam",
}
_COLUMNS = (
    "pk",
    "list_id",
    "id",
    "email_address",
    "address",
    "unique_email_id",
    "contact_id",
    "status",
    "merge_fields",
    "interests",
    "last_changed",
    "timestamp_opt",
    "origin",
    "reason",
    "status_before",
    "vip",
    "language",
    "email_type",
)
_KNOWN = frozenset(
    [
        "email_address",
        "status",
        "first_name",
        "last_name",
        "merge_fields",
        "interests",
        "last_changed",
        "timestamp_opt",
        "tags",
        "unsubscribed_by",
        "status_before",
        "legacy_id",
        "vip",
        "language",
        "email_type",
    ]
)


def add_account(world: World, api_key: str, name: str, details: Values) -> Values:
    """Make an account.

    Raises:
        ValueError: the key is not of the form `<32 hex>-<dc>`.
    """
    if not _API_KEY.fullmatch(api_key):
        raise ValueError(f"an API key is 32 hex digits, a dash and a data centre, not {api_key!r}")
    account_id = member_id(api_key)[:24]
    with world.db.transaction():
        return save_account(world, api_key, account_id, name, details)


def add_audience(
    world: World,
    api_key: str,
    list_id: str,
    name: str,
    *,
    interest_names: dict[str, str],
    merge_fields: list[Values] | None,
    details: Values,
) -> Values:
    """Make an audience with its categories, interests and merge fields (the usual four if None).

    Raises:
        ValueError: no such account, or an interest id that is not ten hex digits.
    """
    account = world.account(api_key)
    if account is None:
        raise ValueError("no account has this API key")
    with world.db.transaction():
        audiences.save_audience(world, account.account_id, list_id, {"name": name} | details)
        fields = audiences.DEFAULT_MERGE_FIELDS if merge_fields is None else merge_fields
        audiences.add_merge_fields(world, list_id, fields)
        _add_interests(world, list_id, interest_names)
    return {"list_id": list_id, "name": name, "interests": interest_names}


def _add_interests(world: World, list_id: str, names: dict[str, str]) -> None:
    categories: dict[str, Values] = {}
    for number, (key, name) in enumerate(names.items()):
        if not _INTEREST_ID.fullmatch(key):
            raise ValueError(f"an interest id is ten hex digits, not {key!r}")
        title, _, interest = name.rpartition(": ")
        if title not in categories:
            categories[title] = interests.add_category(world, list_id, title or "Interests")
        interests.add_interest(world, categories[title], key, interest, number + 1)


def load_members(world: World, list_id: str, members: list[Values]) -> int:
    """Put members in at once and return how many.

    Raises:
        ValueError: a member that is not described well, or one the audience has already; then none is put in.
    """
    audience = world.audience(list_id)
    sql = f"INSERT INTO member ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 (fixed names)
    with world.db.transaction():
        first = world.db.next("member", max(len(members), 1))
        try:
            world.db.run_many(sql, _rows(world, audience, members, first))
        except world.db.IntegrityError as error:
            raise ValueError(f"the audience has one of these already: {error}") from error
        _load_tags(world, list_id, members, first)
    return len(members)


def _rows(world: World, audience: Audience, members: list[Values], first: int) -> Iterable[tuple[Any, ...]]:
    now, blank = world.now(), dict.fromkeys(audience.interests, False)
    blank_fields = audience.blank_merge_fields
    for pk, member in enumerate(members, start=first):
        if unknown := member.keys() - _KNOWN:
            raise ValueError(f"no such things of a member: {', '.join(sorted(unknown))}")
        names = {tag: member[name] for tag, name in (("FNAME", "first_name"), ("LNAME", "last_name")) if name in member}
        own = identity(member["email_address"])
        yield (
            pk,
            audience.list_id,
            (member.get("legacy_id") or own["id"]).lower(),
            own["email_address"],
            own["address"],
            own["unique_email_id"],
            contact_id(pk),
            _status(member),
            compact(blank_fields | names | member.get("merge_fields", {})),
            _ticked(blank, member.get("interests") or {}),
            stored(member.get("last_changed")) or now,
            stored(member.get("timestamp_opt")),
            *_origin(member),
            member.get("status_before", ""),
            int(member.get("vip", False)),
            member.get("language", ""),
            member.get("email_type", "html"),
        )


def _status(member: Values) -> str:
    status = str(member.get("status", "subscribed"))
    if status not in (*STATUSES, "archived"):
        raise ValueError(f"no such status: {status!r}")
    return status


def _ticked(blank: dict[str, bool], given: dict[str, bool] | list[str]) -> str:
    ticked = given if isinstance(given, dict) else dict.fromkeys(given, True)
    if unknown := ticked.keys() - blank.keys():
        raise ValueError(f"the audience has no interest {', '.join(sorted(unknown))}")
    return compact(blank | ticked)


def _origin(member: Values) -> tuple[str, str]:
    by = member.get("unsubscribed_by")
    if by not in (None, *_ORIGINS):
        raise ValueError(f"unsubscribed_by is one of {', '.join(_ORIGINS)}, not {by!r}")
    if member.get("status") == "cleaned":
        return "bounce", ""
    if by is None and member.get("status") != "unsubscribed":
        return "", ""
    return by or "api", _REASONS[by or "api"]


def _load_tags(world: World, list_id: str, members: list[Values], first: int) -> None:
    for pk, member in enumerate(members, start=first):
        if tags := member.get("tags"):
            tagging.set_tags(world, list_id, pk, dict.fromkeys(tags, True))


def all_members(world: World, list_id: str) -> list[Values]:
    """Return every member with what the API hides: who unsubscribed him, his status before he was archived."""
    world.audience(list_id)
    tags: dict[int, list[str]] = {}
    sql = "SELECT t.member, s.name FROM tagging t JOIN segment s ON s.id = t.segment WHERE s.list_id = ? ORDER BY s.id"
    for row in world.db.all(sql, list_id):
        tags.setdefault(row["member"], []).append(row["name"])
    rows = world.db.all("SELECT * FROM member WHERE list_id = ? ORDER BY pk", list_id)
    return [_plain(dict(row)) | {"tags": tags.get(row["pk"], [])} for row in rows]


def _plain(row: Values) -> Values:
    decoded = {name: json.loads(row[name]) for name in ("merge_fields", "interests")}
    hidden = ("pk", "location", "permissions", "address")
    return {name: value for name, value in row.items() if name not in hidden} | decoded | {"vip": bool(row["vip"])}


def load_campaign(
    world: World, api_key: str, campaign: Values, sent_to: list[Values], activity: list[Values]
) -> Values:
    """Put in a campaign and its reports; what is not given of each entry is filled in from the address.

    Raises:
        ValueError: no such account.
    """
    account = world.account(api_key)
    if account is None:
        raise ValueError("no account has this API key")
    campaign = (
        dict[str, Any]({"id": short_id("campaign", world.db.next("campaign")), "type": "regular", "status": "sent"})
        | campaign
    )
    campaign.setdefault("emails_sent", len(sent_to))
    list_id = campaign.get("recipients", {}).get("list_id", "")
    common = {"campaign_id": campaign["id"], "list_id": list_id, "list_is_active": True}
    with world.db.transaction():
        world.documents.put("campaign", account.account_id, campaign["id"], campaign)
        for one in sent_to:
            entry = (
                common | {"status": "sent", "open_count": 0, "merge_fields": {}, "vip": False, "gmt_offset": 0} | one
            )
            entry["email_id"] = member_id(one["email_address"])
            world.documents.put("sent_to", campaign["id"], entry["email_id"], entry)
        for one in activity:
            entry = common | {"activity": []} | one | {"email_id": member_id(one["email_address"])}
            world.documents.put("email_activity", campaign["id"], entry["email_id"], entry)
    return campaign
