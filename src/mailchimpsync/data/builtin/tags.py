"""The built-in plugin `tags`: a contact's tags become tags at Mailchimp, with a prefix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailchimpsync.data.plugin_api import TAG_NAME_MAX, Audience, CannotTellError, Lookup, Outgoing, Person, hookimpl
from mailchimpsync.data.reading import contacts_call, rows_call, rows_of, rows_of_calls
from mailchimpsync.mailchimp import MergeField
from mailchimpsync.messages import say

TAGS_MAX = 10_000
_FOR_CONTACTS = "civicrm_contact"


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The tags by id, with their names at Mailchimp; the tags of each contact; and the contacts that are shown."""

    names: Mapping[int, str]
    held: Mapping[int, set[int]] = field(default_factory=dict)
    shown: frozenset[int] = frozenset()


class ContactTags:
    """Only tags for contacts; only tags that this product added are ever removed."""

    @hookimpl
    def begin_run(self, audience: Audience, civicrm: Lookup) -> Mapping[int, str]:
        """Read the list of tags.

        Raises:
            CannotTellError: CiviCRM shows none, which is no reason to remove everyone's tags.
        """
        return {tag["id"]: mailchimp_name(audience, tag) for tag in _wanted(audience, _tags(civicrm))}

    @hookimpl
    def prepare(self, civicrm: Lookup, begun: Mapping[int, str], contact_ids: Sequence[int]) -> _Chunk:
        """Read the tags of the contacts, and which contacts exist."""
        where: list[list[Any]] = [
            ["entity_table", "=", _FOR_CONTACTS],
            ["entity_id", "IN", list(contact_ids)],
            ["tag_id", "IN", sorted(begun)],
        ]
        fields = ("entity_id", "tag_id")
        calls = {"contacts": contacts_call(contact_ids, ()), "tags": rows_call("EntityTag", fields, where)}
        found = rows_of_calls(civicrm, calls)
        held: dict[int, set[int]] = defaultdict(set)
        for row in rows_of(civicrm, "EntityTag", fields, where, found["tags"]):
            held[row["entity_id"]].add(row["tag_id"])
        return _Chunk(begun, held, frozenset(row["id"] for row in found["contacts"]))

    @hookimpl
    def compute(self, person: Person, prepared: _Chunk) -> Outgoing:
        """Return the contact's tags, and all others as tags not to have."""
        if person.contact_id not in prepared.shown:
            raise CannotTellError("CiviCRM does not show a contact")
        held = prepared.held.get(person.contact_id, set())
        return Outgoing(
            tags=[name for tag, name in prepared.names.items() if tag in held],
            tags_not_to_have=[name for tag, name in prepared.names.items() if tag not in held],
        )

    @hookimpl
    def validate(self, audience: Audience, civicrm: Lookup, merge_fields: Sequence[MergeField]) -> Iterable[str]:  # noqa: ARG002 (hooks are given all)
        """Report configured tags that don't exist."""
        known = {str(tag["name"]).casefold() for tag in _tags(civicrm)}
        return [
            say("CiviCRM has no tag “%(name)s” that is for contacts.", name=name)
            for name in audience.data.only_tags
            if name.casefold() not in known
        ]


def _tags(civicrm: Lookup) -> list[dict[str, Any]]:
    params = {
        "select": ["id", "name", "label", "used_for", "is_tagset"],
        "where": [["used_for:name", "CONTAINS", "Contact"]],
        "orderBy": {"id": "ASC"},
        "limit": TAGS_MAX,
    }
    found = [tag for tag in civicrm.call("Tag", "get", params) if not tag.get("is_tagset")]
    if not found:
        raise CannotTellError("CiviCRM shows no tags for contacts, so nobody's tags are touched")
    return found


def _wanted(audience: Audience, tags: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    only = {name.casefold() for name in audience.data.only_tags}
    return [tag for tag in tags if not only or str(tag["name"]).casefold() in only or _label(tag).casefold() in only]


def _label(tag: Mapping[str, Any]) -> str:
    return str(tag.get("label") or tag["name"])


def mailchimp_name(audience: Audience, tag: Mapping[str, Any]) -> str:
    """Return the name of a tag at Mailchimp: made from its label, which is what CiviCRM shows."""
    return f"{audience.data.tag_prefix}{_label(tag)}"[:TAG_NAME_MAX]
