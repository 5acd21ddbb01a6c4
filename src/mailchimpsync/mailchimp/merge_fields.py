"""Merge fields of an audience, and the tags it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.errors import Code
from mailchimpsync.mailchimp.audiences import list_path
from mailchimpsync.mailchimp.client import MailchimpClient
from mailchimpsync.mailchimp.paging import Page, read_all

TAG_LENGTH_MAX = 10
"""Of A-Z, 0-9 and _ (docs/reference/mailchimp-behaviour.md#merge-fields)."""

MERGE_FIELD_TYPES = (
    "text",
    "number",
    "address",
    "phone",
    "date",
    "url",
    "imageurl",
    "radio",
    "dropdown",
    "birthday",
    "zip",
)


@dataclass(frozen=True, slots=True)
class MergeField:
    """A merge field: `choices` of a radio or dropdown; `phone_format` is `US` or `none`."""

    tag: str
    name: str
    type: str
    required: bool = False
    choices: tuple[str, ...] = ()
    phone_format: str = "none"


class _Options(TypedDict):
    choices: NotRequired[list[str]]
    phone_format: NotRequired[str]


class _MergeField(TypedDict):
    tag: str
    name: str
    type: str
    required: NotRequired[bool]
    options: NotRequired[_Options]


class _MergeFields(Page):
    merge_fields: list[_MergeField]


class _Tag(TypedDict):
    name: str


class _Tags(Page):
    tags: list[_Tag]


_MERGE_FIELD = TypeAdapter(_MergeField)
_MERGE_FIELDS = TypeAdapter(_MergeFields)
_TAGS = TypeAdapter(_Tags)
_FIELDS = ("tag", "name", "type", "required", "options.choices", "options.phone_format")


def merge_fields(client: MailchimpClient, list_id: str) -> list[MergeField]:
    """Return all merge fields of an audience; the e-mail address isn't one.

    Raises:
        RefusedError: `MC_AUDIENCE_GONE`.
        EvidenceError: `MC_INCOMPLETE`, they could not all be read.
    """
    path, fields = f"{list_path(list_id)}/merge-fields", ",".join(f"merge_fields.{field}" for field in _FIELDS)
    found = read_all(client, path, _MERGE_FIELDS, lambda page: page["merge_fields"], fields, gone=Code.MC_AUDIENCE_GONE)
    return [_merge_field(one) for one in found]


def create_merge_field(client: MailchimpClient, list_id: str, tag: str, name: str, type_: str) -> MergeField:
    """Create a merge field that is optional and that no form shows.

    Raises:
        RefusedError: the audience has one with this tag, or as many as Mailchimp lets it have.
    """
    body = {"tag": tag, "name": name, "type": type_, "required": False, "public": False}
    return _merge_field(client.post(f"{list_path(list_id)}/merge-fields", _MERGE_FIELD, body))


def tags_beginning_with(client: MailchimpClient, list_id: str, prefix: str) -> set[str]:
    """Return the names of an audience's tags with this prefix, as Mailchimp spells them."""
    answer = client.get(f"{list_path(list_id)}/tag-search", _TAGS, {"name": prefix})
    return {tag["name"] for tag in answer["tags"]}


def _merge_field(found: _MergeField) -> MergeField:
    options = found.get("options", {})
    return MergeField(
        found["tag"],
        found["name"],
        found["type"],
        bool(found.get("required")),
        tuple(options.get("choices", ())),
        options.get("phone_format", "none"),
    )
