"""What differs between two configurations, in words; secrets masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from mailchimpsync.config.document import Configuration
from mailchimpsync.config.secrets import mask

_NOTHING = "nothing"
_INTERESTS = "interests."
_WORDS = {
    "api_key": "API key",
    "audience_id": "audience id",
    "audience_name": "audience's name",
    "base_url": "base URL",
    "group_id": "subscription group",
    "group_title": "group's title",
    "ping_url": "ping's address",
    "signing_secret": "signing secret",
    "url": "address",
    "webhook_secret": "webhook secret",
}
_FROM_ELSEWHERE = ("audience_name", "group_title")

Fields = dict[str, Any]


def changes(before: Configuration, after: Configuration) -> list[str]:
    """Return what changes from one configuration to another, a sentence each; none if they are the same."""
    return [*_changes(_parts(before), _parts(after))]


def _parts(configuration: Configuration) -> dict[str, Fields]:
    """Return the fields of each part, by what people call it."""
    values = configuration.model_dump(mode="python", exclude_none=True)
    parts = {f"account “{name}”": account for name, account in values["accounts"].items()}
    if "civicrm" in values:
        parts["CiviCRM"] = values["civicrm"]
    parts["alerts"] = dict(_flat(values["alerts"]))
    for link in values["connections"]:
        parts[f"connection of audience “{link['audience_id']}”"] = dict(_flat(link))
    return parts


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def _changes(before: Mapping[str, Fields], after: Mapping[str, Fields]) -> Iterator[str]:
    for name in [name for name in before if name not in after]:
        yield f"{name}{_title(before[name])}: removed."
    for name, fields in after.items():
        if name not in before:
            yield f"{name}{_title(fields)}: new{_groups(fields)}."
            continue
        was = before[name]
        for field in dict.fromkeys([*was, *fields]):
            if was.get(field) != fields.get(field):
                old, new = _shown(was.get(field)), _shown(fields.get(field))
                note = " (another one that ends alike)" if old == new else ""
                yield f"{name}{_title(fields)}: {_word(field)} from {old} to {new}{note}."


def _title(fields: Fields) -> str:
    named = [fields[key] for key in _FROM_ELSEWHERE if fields.get(key)]
    return f" ({' ↔ '.join(named)})" if named else ""


def _groups(fields: Fields) -> str:
    if "group_id" not in fields:
        return ""
    interests = [
        f"interest {key.removeprefix(_INTERESTS)} with group {value}"
        for key, value in fields.items()
        if key.startswith(_INTERESTS)
    ]
    return ", ".join([f", with subscription group {fields['group_id']}", *interests])


def _word(field: str) -> str:
    head, _, rest = field.partition(".")
    if head == "interests":
        return f"group of interest {rest}"
    return f"{head}'s {rest}" if rest else _WORDS.get(field, field)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, SecretStr):
        return mask(value.get_secret_value())
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
