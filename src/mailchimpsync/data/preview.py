"""What a person would have at Mailchimp, shown before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.data.convert import UnfitError, converted
from mailchimpsync.data.languages import language_at_mailchimp, unknown_language
from mailchimpsync.data.personal import HIDDEN, is_recipe
from mailchimpsync.data.plugin_api import PluginAnswers
from mailchimpsync.mailchimp import MergeField
from mailchimpsync.messages import reason_of, say


@dataclass(frozen=True, slots=True)
class PreviewedField:
    """A merge field: the value that Mailchimp would get, and its plugin; or the problem with it."""

    merge_field: str
    plugin: str
    value: Any = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PersonData:
    """Everything a person would have; `failed` are the plugins that couldn't answer."""

    fields: tuple[PreviewedField, ...]
    language: str | None
    tags: tuple[str, ...]
    failed: tuple[str, ...]


def presentable(value: Any) -> Any:
    """Return a value as it may be displayed."""
    return HIDDEN if is_recipe(value) else value


def preview_person(said: PluginAnswers, merge_fields: Mapping[str, MergeField]) -> PersonData:
    """Join the plugins' answers about a person, by precedence."""
    languages = [
        (plugin, outgoing.language) for plugin, outgoing in said.outgoing.items() if outgoing.language is not None
    ]
    code = language_at_mailchimp(languages[0][1]) if languages else None
    unknown = [
        PreviewedField("language", plugin, problem=unknown_language(language))
        for plugin, language in languages[:1]
        if code is None
    ]
    return PersonData(
        (*_fields(said, merge_fields), *unknown),
        code,
        tuple(_tags(said)),
        tuple(sorted(said.failed)),
    )


def _fields(said: PluginAnswers, merge_fields: Mapping[str, MergeField]) -> Iterator[PreviewedField]:
    seen: set[str] = set()
    for plugin, outgoing in said.outgoing.items():
        for tag, raw in outgoing.merge_fields.items():
            if tag not in seen:
                seen.add(tag)
                yield _field(plugin, tag, raw, merge_fields.get(tag))
        for tag, words in outgoing.problems.items():
            yield PreviewedField(tag, plugin, problem=words)


def _field(plugin: str, tag: str, raw: Any, merge_field: MergeField | None) -> PreviewedField:
    if merge_field is None:
        return PreviewedField(tag, plugin, problem=say("the audience has no such merge field"))
    try:
        return PreviewedField(tag, plugin, presentable(converted(raw, merge_field)))
    except UnfitError as error:
        return PreviewedField(tag, plugin, problem=reason_of(error))


def _tags(said: PluginAnswers) -> Iterator[str]:
    decided: set[str] = set()
    for outgoing in said.outgoing.values():
        for name in outgoing.tags:
            if name.casefold() not in decided:
                decided.add(name.casefold())
                yield name
        decided.update(name.casefold() for name in outgoing.tags_not_to_have)
