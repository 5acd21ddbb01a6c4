"""Members: pages of them, or one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple, NotRequired, TypeGuard
from urllib.parse import quote

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.http import unreadable_answer
from mailchimpsync.mailchimp.audiences import list_path
from mailchimpsync.mailchimp.client import MAILCHIMP, MailchimpClient
from mailchimpsync.messages import say
from mailchimpsync.model import MemberStatus, blank_as_empty

PAGE_SIZE_MAX = 1000
"""Mailchimp's largest page (docs/reference/mailchimp-behaviour.md#pages)."""

NEWEST_MAX = 100
"""How many of the newest changes are compared: one that becomes visible late is still among them."""

UNREADABLE_MAX = 20
"""This many members of a page may be unreadable; if there are more, the whole answer is wrong."""

_MEMBER_ID = re.compile(r"[0-9a-zA-Z]{1,32}")
_FIELDS = ("id", "email_address", "contact_id", "status", "last_changed", "timestamp_opt", "merge_fields")


class Member(NamedTuple):
    """A member as read; an unknown `status` is kept as text, times are aware and in UTC.

    `opted_in_at` is when they last joined, if Mailchimp knows: a re-subscribe by the person moves it, an edit does not
    (docs/reference/mailchimp-behaviour.md#dates-and-long-readings). `unsubscribe_reason` is in Mailchimp's words; only
    `member` reads it.
    """

    id: str
    email_address: str
    contact_id: str | None
    status: str
    last_changed: datetime
    first_name: str
    last_name: str
    interests: dict[str, bool]
    opted_in_at: datetime | None = None
    unsubscribe_reason: str = ""


@dataclass(frozen=True, slots=True)
class UnreadableMember:
    """An entry of a page that can't be used; `id` tells it from the others of its audience.

    Either it has no e-mail address (people who are there for text messages only), or it can't be read: then `why` names
    the fields, and `member_id` is the member's, if that can be read.
    """

    id: str
    why: str = ""
    member_id: str | None = None


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A page; `total_items` counts all members that match, whatever the page."""

    total_items: int
    members: Sequence[Member | UnreadableMember]

    @property
    def readable(self) -> list[Member]:
        """Return the members to work with."""
        return [one for one in self.members if isinstance(one, Member)]


@dataclass(frozen=True, slots=True)
class NewestChanges:
    """How many members an audience has, archived ones apart, and those that changed last, as (id, when)."""

    total: int
    newest: tuple[tuple[str, datetime], ...]


class _Changed(TypedDict):
    id: str
    last_changed: AwareDatetime


class _NewestChanges(TypedDict):
    total_items: int
    members: list[_Changed]


class _Member(TypedDict):
    id: str
    status: str
    last_changed: AwareDatetime
    email_address: NotRequired[str | None]
    contact_id: NotRequired[str | None]
    timestamp_opt: NotRequired[str | None]  # empty where it is unknown
    unsubscribe_reason: NotRequired[str | None]
    merge_fields: NotRequired[Any]  # an object, but PHP's empty array where there are none
    interests: NotRequired[dict[str, bool] | list[Any] | None]  # as above


class _Members(TypedDict):
    total_items: int
    members: list[Annotated[_Member | Any, Field(union_mode="left_to_right")]]  # an unreadable one fails alone


_MEMBER = TypeAdapter(_Member)
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)
_MEMBERS = TypeAdapter(_Members)
_NEWEST = TypeAdapter(_NewestChanges)


def member_page(
    client: MailchimpClient,
    list_id: str,
    *,
    offset: int,
    count: int = PAGE_SIZE_MAX,
    since: datetime | None = None,
    status: MemberStatus | None = None,
    with_interests: bool = False,
) -> MemberPage:
    """Return one page of an audience's members, with the fields of `Member` only.

    `since` (aware) keeps the ones changed after it, to the second; `status` the ones of one status. Without `status`
    archived members are most likely left out (docs/reference/mailchimp-behaviour.md#reading-members).

    Raises:
        RefusedError: `MC_AUDIENCE_GONE`.
    """
    fields = (*_FIELDS, "interests") if with_interests else _FIELDS
    params: dict[str, str | int] = {
        "fields": ",".join(["total_items", *(f"members.{field}" for field in fields)]),
        "count": count,
        "offset": offset,
    }
    if since is not None:
        params["since_last_changed"] = since.astimezone(UTC).isoformat(timespec="seconds")
    if status is not None:
        params["status"] = status.value
    page = client.get(f"{list_path(list_id)}/members", _MEMBERS, params, gone=Code.MC_AUDIENCE_GONE)
    entries = [_entry(one, offset + place) for place, one in enumerate(page["members"])]
    if sum(isinstance(one, UnreadableMember) and bool(one.why) for one in entries) > UNREADABLE_MAX:
        raise unreadable_answer(MAILCHIMP, f"more than {UNREADABLE_MAX} members of a page without their fields")
    return MemberPage(page["total_items"], entries)


def newest_changes(client: MailchimpClient, list_id: str) -> NewestChanges:
    """Return who changed last, in one request; archiving a member changes the total.

    Raises:
        RefusedError: `MC_AUDIENCE_GONE`. TransientError: Mailchimp can't be asked, or a member can't be read.
    """
    params: dict[str, str | int] = {
        "fields": "total_items,members.id,members.last_changed",
        "count": NEWEST_MAX,
        "sort_field": "last_changed",
        "sort_dir": "DESC",
    }
    found = client.get(f"{list_path(list_id)}/members", _NEWEST, params, gone=Code.MC_AUDIENCE_GONE)
    changed = tuple((one["id"], one["last_changed"].astimezone(UTC)) for one in found["members"])
    return NewestChanges(found["total_items"], changed)


def member(client: MailchimpClient, list_id: str, member_id: str) -> Member | None:
    """Return one member, archived or not, or None if Mailchimp knows none by this id (or no such audience).

    An address can be given instead of the id, which differs for very old members
    (docs/reference/mailchimp-behaviour.md#who-a-member-is).

    Raises:
        RefusedError: `MC_UNREADABLE`, a value of the member is missing or invalid.
    """
    found = member_if_readable(client, list_id, member_id)
    if isinstance(found, UnreadableMember):
        raise RefusedError(
            Code.MC_UNREADABLE, say("Mailchimp's entry of a member can't be read (%(why)s).", why=found.why)
        )
    return found


def shows_member(answer: Mapping[str, Any]) -> bool:
    """Say whether an answer is a member, with id and status. Only that proves a change of one."""
    return all(isinstance(answer.get(name), str) and answer[name] for name in ("id", "status"))


def member_if_readable(client: MailchimpClient, list_id: str, member_id: str) -> Member | UnreadableMember | None:
    """Return the same; one that is there and can't be read is no error."""
    params = {"fields": ",".join((*_FIELDS, "interests", "unsubscribe_reason"))}
    try:
        found = client.get(member_path(list_id, member_id), _ANYTHING, params, gone=Code.MC_MEMBER_GONE)
    except RefusedError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    if not isinstance(found, dict):
        raise unreadable_answer(MAILCHIMP, "no member")
    try:
        return _slim(_MEMBER.validate_python(found))
    except ValidationError as error:
        return UnreadableMember(member_id, _fields_of(error), member_id)


def delete_for_good(client: MailchimpClient, list_id: str, member_id: str) -> bool:
    """Delete a member permanently, with all that Mailchimp has about them; return False if there was none.

    The address can't be imported again; only the person can sign up again
    (docs/reference/mailchimp-behaviour.md#writing-members).
    """
    try:
        client.post_action(f"{member_path(list_id, member_id)}/actions/delete-permanent")
    except RefusedError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True


def member_path(list_id: str, member_id: str) -> str:
    """Return the path of a member, relative to the API's base; also the path of a batch's operation."""
    return f"{list_path(list_id)}/members/{quote(member_id, safe='')}"


def _entry(found: Any, place: int) -> Member | UnreadableMember:
    """Return an entry of a page; one without an address of its own is known by Mailchimp's contact id, or its place."""
    member_id = found.get("id") if isinstance(found, dict) else None
    if not isinstance(member_id, str) or not _MEMBER_ID.fullmatch(member_id):
        return UnreadableMember(f"@{place}", "id")
    try:
        read = _slim(found if _is_read(found) else _MEMBER.validate_python(found))
    except ValidationError as error:
        return UnreadableMember(f"{member_id}@{place}", _fields_of(error), member_id)
    return read if read.email_address.strip() else UnreadableMember(f"{member_id}+{read.contact_id or place}")


def _is_read(found: dict[str, Any]) -> TypeGuard[_Member]:
    """Return whether an entry was read with its page: only then is a time one."""
    return isinstance(found.get("last_changed"), datetime)


def _fields_of(error: ValidationError) -> str:
    """Return which fields can't be read, without what is in them."""
    return ", ".join(sorted({".".join(map(str, one["loc"][:1])) for one in error.errors(include_input=False)}))


def _slim(found: _Member) -> Member:
    merge_fields = found.get("merge_fields")
    names = merge_fields if isinstance(merge_fields, dict) else {}
    ticked = found.get("interests")
    return Member(
        found["id"],
        found.get("email_address") or "",
        found.get("contact_id") or None,
        found["status"],
        found["last_changed"].astimezone(UTC),
        blank_as_empty(str(names.get("FNAME") or "")),
        blank_as_empty(str(names.get("LNAME") or "")),
        ticked if isinstance(ticked, dict) else {},
        _moment(found.get("timestamp_opt")),
        found.get("unsubscribe_reason") or "",
    )


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except ValueError:
        return None
