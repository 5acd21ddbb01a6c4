"""Describes the differences between two configurations, with masked secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from mailchimpsync.config.document import Configuration
from mailchimpsync.config.secrets import mask
from mailchimpsync.messages import Message, join, say

_INTERESTS = "interests."
_WORDS = {
    "api_key": say("API key"),
    "audience_id": say("audience id"),
    "audience_name": say("audience's name"),
    "base_url": say("base URL"),
    "group_id": say("subscription group"),
    "group_title": say("group's title"),
    "ping_url": say("ping's address"),
    "signing_secret": say("signing secret"),
    "url": say("address"),
    "web_server_password": say("web server's password"),
    "web_server_user": say("web server's user"),
    "webhook_secret": say("webhook secret"),
}
_FROM_ELSEWHERE = ("audience_name", "group_title")

Fields = dict[str, Any]


def changes(before: Configuration, after: Configuration) -> list[Message]:
    """Return a sentence for each change from one configuration to another; none if they are the same.

    Each has the values `part`, the part of the configuration, and `what` changed there.
    """
    return [
        say("%(part)s: %(what)s", part=part, what=what)
        for part, what in _changes(dict(_parts(before)), dict(_parts(after)))
    ]


def _parts(configuration: Configuration) -> Iterator[tuple[str, Fields]]:
    """Yield the fields of each part, with the part's readable name."""
    values = configuration.model_dump(mode="python", exclude_none=True)
    for name, account in values["accounts"].items():
        yield say("account “%(name)s”", name=name), account
    if "civicrm" in values:
        yield say("CiviCRM"), values["civicrm"]
    yield say("alerts"), dict(_flat(values["alerts"]))
    for link in values["connections"]:
        yield say("connection of audience “%(id)s”", id=link["audience_id"]), dict(_flat(link))


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def _changes(before: Mapping[str, Fields], after: Mapping[str, Fields]) -> Iterator[tuple[str, Message]]:
    for name in [name for name in before if name not in after]:
        yield _part(name, before[name]), say("removed.")
    for name, fields in after.items():
        if name not in before:
            yield _part(name, fields), _new(fields)
            continue
        was = before[name]
        for field in dict.fromkeys([*was, *fields]):
            if was.get(field) != fields.get(field):
                yield _part(name, fields), _changed(field, was.get(field), fields.get(field))


def _changed(field: str, before: Any, after: Any) -> Message:
    shown = _group if field == "group_id" or field.startswith(_INTERESTS) else _shown
    old, new = shown(before), shown(after)
    text = _ALIKE if old == new else _CHANGED
    return say(text, field=_word(field), old=old, new=new)


_CHANGED = say("%(field)s from %(old)s to %(new)s.")
_ALIKE = say("%(field)s from %(old)s to %(new)s (another one that ends alike).")


def _group(group_id: int | None) -> str:
    return _shown(None) if group_id is None else say("%(group)s", group=group_id)


def _part(name: str, fields: Fields) -> str:
    title = " ↔ ".join(fields[key] for key in _FROM_ELSEWHERE if fields.get(key))
    return say("connection of audience “%(id)s” (%(title)s)", id=fields["audience_id"], title=title) if title else name


def _new(fields: Fields) -> Message:
    if "group_id" not in fields:
        return say("new.")
    interests = [
        say("interest %(interest)s with group %(group)s", interest=key.removeprefix(_INTERESTS), group=value)
        for key, value in fields.items()
        if key.startswith(_INTERESTS)
    ]
    groups = join(", ", [_group(fields["group_id"]), *interests])
    return say("new, with subscription group %(groups)s.", groups=groups)


def _word(field: str) -> str:
    head, _, rest = field.partition(".")
    if head == "interests":
        return say("group of interest %(interest)s", interest=rest)
    return say("%(above)s's %(name)s", above=head, name=rest) if rest else _WORDS.get(field, field)


def _shown(value: Any) -> str:
    if value is None or value in ("", ()):
        return say("nothing")
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={one}" for key, one in value.items() if one)
    if isinstance(value, SecretStr):
        return mask(value.get_secret_value())
    if isinstance(value, tuple):
        return "; ".join(map(_shown, value)) if isinstance(value[0], Mapping) else ", ".join(map(str, value))
    return str(value)
