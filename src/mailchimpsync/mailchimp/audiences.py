"""Accounts, audiences and interests: the choices when a connection is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NotRequired
from urllib.parse import quote

from pydantic import AwareDatetime, TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.errors import Code
from mailchimpsync.mailchimp.client import MailchimpClient
from mailchimpsync.mailchimp.paging import Page, read_all


@dataclass(frozen=True, slots=True)
class Account:
    """The account a key belongs to; `role` is that of the key's user there, such as `admin`; the rest is the owner."""

    id: str
    name: str
    role: str
    username: str = ""
    email: str = field(default="", repr=False)
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Audience:
    """An audience; `member_count` is Mailchimp's cached count of subscribed members, good for showing only.

    `double_optin`: Mailchimp's own forms ask people to confirm. Its API does so only on request.
    """

    id: str
    name: str
    member_count: int
    date_created: datetime | None
    double_optin: bool = False


@dataclass(frozen=True, slots=True)
class Interest:
    """A tick box; `category` is the title of the group of boxes it stands in; `member_count` is for showing only."""

    id: str
    name: str
    category: str
    member_count: int = 0


class _Account(TypedDict):
    account_id: str
    account_name: str
    role: NotRequired[str]
    username: NotRequired[str]
    email: NotRequired[str]
    first_name: NotRequired[str]
    last_name: NotRequired[str]


class _Stats(TypedDict):
    member_count: NotRequired[int]


class _List(TypedDict):
    id: str
    name: str
    stats: NotRequired[_Stats]
    date_created: NotRequired[AwareDatetime | str]
    double_optin: NotRequired[bool]


class _Lists(Page):
    lists: list[_List]


class _Category(TypedDict):
    id: str
    title: str


class _Categories(Page):
    categories: list[_Category]


class _Interest(TypedDict):
    id: str
    name: str
    subscriber_count: NotRequired[str | int]


class _Interests(Page):
    interests: list[_Interest]


_ACCOUNT = TypeAdapter(_Account)
_LIST = TypeAdapter(_List)
_LISTS = TypeAdapter(_Lists)
_CATEGORIES = TypeAdapter(_Categories)
_INTERESTS = TypeAdapter(_Interests)

_LIST_FIELDS = ("id", "name", "stats.member_count", "date_created", "double_optin")


def account(client: MailchimpClient) -> Account:
    """Return the account of the client's key; the cheapest proof that the key works."""
    found = client.get("/", _ACCOUNT, {"fields": ",".join(_Account.__annotations__)})
    return Account(
        found["account_id"],
        found["account_name"],
        found.get("role", ""),
        username=found.get("username", ""),
        email=found.get("email", ""),
        first_name=found.get("first_name", ""),
        last_name=found.get("last_name", ""),
    )


def audiences(client: MailchimpClient) -> list[Audience]:
    """Return all audiences of the account, in Mailchimp's order."""
    fields = ",".join(f"lists.{field}" for field in _LIST_FIELDS)
    return [_audience(found) for found in read_all(client, "/lists", _LISTS, lambda page: page["lists"], fields)]


def audience(client: MailchimpClient, list_id: str) -> Audience:
    """Return one audience.

    Raises:
        RefusedError: `MC_AUDIENCE_GONE`, there is no such audience in the account.
    """
    path = list_path(list_id)
    return _audience(client.get(path, _LIST, {"fields": ",".join(_LIST_FIELDS)}, gone=Code.MC_AUDIENCE_GONE))


def interests(client: MailchimpClient, list_id: str) -> list[Interest]:
    """Return all interests of an audience, category by category.

    Raises:
        RefusedError: `MC_AUDIENCE_GONE`.
        EvidenceError: `MC_INCOMPLETE`, they could not all be read.
    """
    path = f"{list_path(list_id)}/interest-categories"
    categories = read_all(
        client,
        path,
        _CATEGORIES,
        lambda page: page["categories"],
        "categories.id,categories.title",
        gone=Code.MC_AUDIENCE_GONE,
    )
    return [interest for category in categories for interest in _interests_in(client, path, category)]


def list_path(list_id: str) -> str:
    """Return the path of an audience, relative to the API's base."""
    return f"/lists/{quote(list_id, safe='')}"


def _interests_in(client: MailchimpClient, path: str, category: _Category) -> list[Interest]:
    found = read_all(
        client,
        f"{path}/{quote(category['id'], safe='')}/interests",
        _INTERESTS,
        lambda page: page["interests"],
        "interests.id,interests.name,interests.subscriber_count",
    )
    return [Interest(one["id"], one["name"], category["title"], _count(one)) for one in found]


def _count(interest: _Interest) -> int:
    """Read a count that Mailchimp sends as text; anything but a number counts as none."""
    told = str(interest.get("subscriber_count", 0))
    return int(told) if told.isdecimal() else 0


def _audience(found: _List) -> Audience:
    created = found.get("date_created")
    return Audience(
        found["id"],
        found["name"],
        found.get("stats", {}).get("member_count", 0),
        created.astimezone(UTC) if isinstance(created, datetime) else None,
        found.get("double_optin", False),
    )
