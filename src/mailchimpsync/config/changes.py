"""Describes the differences between two configurations, with masked secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from mailchimpsync.config.document import Configuration
from mailchimpsync.config.secrets import mask

YES, NO, NOTHING = "yes", "no", "nothing"
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
    "web_server_password": "web server's password",
    "web_server_user": "web server's user",
    "webhook_secret": "webhook secret",
}
_FROM_ELSEWHERE = ("audience_name", "group_title")

CIVICRM, ALERTS, ACCOUNT = "CiviCRM", "alerts", "account “%(name)s”"
CONNECTION, TITLED = "connection of audience “%(id)s”", "connection of audience “%(id)s” (%(title)s)"
OF_PART = "%(above)s's %(name)s"
REMOVED, NEW, NEW_CONNECTION = "removed.", "new.", "new, with subscription group %(groups)s."
CHANGED = "%(field)s from %(old)s to %(new)s."
ALIKE = "%(field)s from %(old)s to %(new)s (another one that ends alike)."
PARTS, WHATS = (CIVICRM, ALERTS, ACCOUNT, TITLED, CONNECTION), (REMOVED, NEW, NEW_CONNECTION, ALIKE, CHANGED)

Fields = dict[str, Any]


def changes(before: Configuration, after: Configuration) -> list[str]:
    """Return a sentence for each change from one configuration to another; none if they are the same."""
    return [*_changes(_parts(before), _parts(after))]


def _parts(configuration: Configuration) -> dict[str, Fields]:
    """Return the fields of each part, by the part's readable name."""
    values = configuration.model_dump(mode="python", exclude_none=True)
    parts = {ACCOUNT % {"name": name}: account for name, account in values["accounts"].items()}
    if "civicrm" in values:
        parts[CIVICRM] = values["civicrm"]
    parts[ALERTS] = dict(_flat(values["alerts"]))
    for link in values["connections"]:
        parts[CONNECTION % {"id": link["audience_id"]}] = dict(_flat(link))
    return parts


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def _changes(before: Mapping[str, Fields], after: Mapping[str, Fields]) -> Iterator[str]:
    for name in [name for name in before if name not in after]:
        yield f"{_part(name, before[name])}: {REMOVED}"
    for name, fields in after.items():
        if name not in before:
            yield f"{_part(name, fields)}: {_new(fields)}"
            continue
        was = before[name]
        for field in dict.fromkeys([*was, *fields]):
            if was.get(field) != fields.get(field):
                old, new = _shown(was.get(field)), _shown(fields.get(field))
                text = ALIKE if old == new else CHANGED
                yield f"{_part(name, fields)}: {text % {'field': _word(field), 'old': old, 'new': new}}"


def _part(name: str, fields: Fields) -> str:
    title = " ↔ ".join(fields[key] for key in _FROM_ELSEWHERE if fields.get(key))
    return TITLED % {"id": fields["audience_id"], "title": title} if title else name


def _new(fields: Fields) -> str:
    if "group_id" not in fields:
        return NEW
    interests = [
        f"interest {key.removeprefix(_INTERESTS)} with group {value}"
        for key, value in fields.items()
        if key.startswith(_INTERESTS)
    ]
    return NEW_CONNECTION % {"groups": ", ".join([str(fields["group_id"]), *interests])}


def _word(field: str) -> str:
    head, _, rest = field.partition(".")
    if head == "interests":
        return f"group of interest {rest}"
    return OF_PART % {"above": head, "name": rest} if rest else _WORDS.get(field, field)


def _shown(value: Any) -> str:
    if value is None or value in ("", ()):
        return NOTHING
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={one}" for key, one in value.items() if one)
    if isinstance(value, SecretStr):
        return mask(value.get_secret_value())
    if isinstance(value, tuple):
        return "; ".join(map(_shown, value)) if isinstance(value[0], Mapping) else ", ".join(map(str, value))
    return str(value)
