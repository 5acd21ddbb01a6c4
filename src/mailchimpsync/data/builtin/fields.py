"""The built-in plugin `fields`: the field map, and the preferred language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.civicrm import succeeded
from mailchimpsync.data.catalogue import SUMMARIES, contact_field, lookups_for
from mailchimpsync.data.convert import ADDRESS_REQUIRED, is_empty
from mailchimpsync.data.personal import checksum_recipe
from mailchimpsync.data.plugin_api import Audience, CannotTellError, Lookup, Outgoing, Person, hookimpl
from mailchimpsync.data.reading import contacts_call
from mailchimpsync.errors import AccessError
from mailchimpsync.mailchimp import MergeField
from mailchimpsync.messages import Message, say
from mailchimpsync.model import MappedField

LANGUAGE = "preferred_language"
_NO_FIELD = say("CiviCRM shows no such contact field")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Chunk:
    now: datetime
    fields: Sequence[MappedField]
    language: bool
    contacts: Mapping[int, Row]
    unknown: frozenset[str]
    lookups: Mapping[str, Mapping[int, list[Row]]]
    refused: Mapping[str, str]


class FieldMap:
    """Any contact field, custom field or summary becomes a merge field."""

    @hookimpl
    def prepare(self, audience: Audience, civicrm: Lookup, contact_ids: Sequence[int]) -> _Chunk:
        """Read everything the map names, in one request."""
        data = audience.data
        names = [name for one in data.fields if (name := contact_field(one.source)) is not None]
        names += [LANGUAGE] if data.language else []
        calls = {"contacts": contacts_call(contact_ids, list(dict.fromkeys(names)))}
        calls |= lookups_for([one.source for one in data.fields], contact_ids)
        results = civicrm.multi(calls)
        refused = {name: one.what for name, one in results.items() if isinstance(one, AccessError)}
        refused.pop("contacts", None)  # without contacts, nothing is known
        found = {name: succeeded(one).values for name, one in results.items() if name not in refused}
        contacts = found.pop("contacts")
        unknown = frozenset(name for name in names if any(name not in row for row in contacts[:1]))
        lookups = {name: _by_contact(rows) for name, rows in found.items()}
        by_id = {row["id"]: row for row in contacts}
        return _Chunk(audience.now, data.fields, data.language, by_id, unknown, lookups, refused)

    @hookimpl
    def compute(self, person: Person, prepared: _Chunk) -> Outgoing:
        """Set each mapped merge field to its value."""
        contact = prepared.contacts.get(person.contact_id)
        if contact is None:
            raise CannotTellError("CiviCRM does not show a contact")
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for one in prepared.fields:
            if contact_field(one.source) in prepared.unknown:
                problems[one.merge_field] = _NO_FIELD
                continue
            if (why := _refused(one, prepared)) is not None:
                problems[one.merge_field] = why
                continue
            value = _value(one, person.contact_id, contact, prepared)
            if not (one.keep_when_empty and is_empty(value)):
                values[one.merge_field] = value
        language = contact.get(LANGUAGE) if prepared.language else None
        return Outgoing(values, language or None, problems=problems)

    @hookimpl
    def validate(self, audience: Audience, civicrm: Lookup, merge_fields: Sequence[MergeField]) -> Iterable[str]:
        """Report merge fields that the audience lacks, and contact fields that CiviCRM doesn't know."""
        tags = {one.tag for one in merge_fields}
        for one in audience.data.fields:
            if one.merge_field not in tags:
                yield say(
                    "The audience has no merge field %(field)s; `mailchimpsync data create-fields` makes it.",
                    field=one.merge_field,
                )
        names = {name: one for one in audience.data.fields if (name := contact_field(one.source)) is not None}
        sample = civicrm.call("Contact", "get", {"select": ["id", *names], "limit": 1})
        for name, one in names.items():
            if sample and name not in sample[0]:
                yield unknown_source(one)


def unknown_source(one: MappedField) -> Message:
    """Return what is wrong with a mapped field whose source CiviCRM doesn't know."""
    return say(
        "%(field)s: CiviCRM shows no contact field “%(source)s”. "
        "Custom fields are shown only to users with “access all custom data”.",
        field=one.merge_field,
        source=one.source,
    )


def _by_contact(rows: Sequence[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["contact_id"]].append(row)
    return found


def _refused(one: MappedField, prepared: _Chunk) -> str | None:
    """Return why a summary can't be read: the API key's user lacks a permission that only this source needs."""
    summary = SUMMARIES.get(one.source)
    return prepared.refused.get(summary.lookup) if summary is not None else None


def _value(one: MappedField, contact_id: int, contact: Row, prepared: _Chunk) -> Any:
    summary = SUMMARIES.get(one.source)
    if summary is not None:
        value = summary.value(prepared.lookups[summary.lookup].get(contact_id, ()))
        return _filled(value, one) if one.source == "address" and not is_empty(value) else value
    value = contact[contact_field(one.source) or one.source]
    if one.source == "checksum":
        return checksum_recipe(contact_id, value, prepared.now, one) if value else None
    return value


def _filled(address: Mapping[str, str], one: MappedField) -> Mapping[str, str]:
    parts = {**dict.fromkeys(ADDRESS_REQUIRED, one.fill), "country": one.country}
    return {**address, **{part: value for part, value in parts.items() if value and not address.get(part)}}
