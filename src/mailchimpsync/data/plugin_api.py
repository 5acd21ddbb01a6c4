"""What a plugin is given, and what it may answer. Authors import all of it from `mailchimpsync.plugins`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import pluggy

from mailchimpsync.mailchimp import MergeField
from mailchimpsync.model import DataOptions

PROJECT = "mailchimpsync"
ENTRY_POINTS = "mailchimpsync.plugins"
"""The entry-point group in which installed plugins are found."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

TAG_NAME_MAX = 100
"""Characters of a tag's name at Mailchimp."""

Value = str | int | float | bool | Sequence[Any] | Mapping[str, Any] | None
"""What a merge field may be given: it is converted to the field's type. None and "" empty the field."""


def _discard_message(_words: str) -> None:
    return None


class CannotTellError(Exception):
    """What a plugin raises if it can't answer: what it gave earlier stays, and its words are shown to people."""


@dataclass(frozen=True, slots=True)
class Audience:
    """The connection that data is looked up for.

    `options` are what the configuration says for this plugin; `warn` tells people, in a sentence without names or
    addresses, of something that is not right and keeps the plugin from nothing else.
    """

    list_id: str
    group_id: int
    now: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    data: DataOptions = field(default_factory=DataOptions)
    warn: Callable[[str], None] = _discard_message


@dataclass(frozen=True, slots=True)
class Person:
    """A member, or somebody who may become one, and the contact who owns it.

    `merge_fields` are the member's at Mailchimp, as far as they are known here: FNAME and LNAME.
    """

    contact_id: int
    list_id: str
    address: str | None
    status: str | None
    merge_fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a person should have at Mailchimp, as far as this plugin says; there is no way to say a status.

    Attributes:
        merge_fields: values by tag; what is not named is left as it is.
        language: the member's language; None: left as it is.
        tags: the tags to have. Tags that this plugin gave earlier and no longer names are taken away.
        tags_not_to_have: tags that are taken away also if somebody else gave them, before this member was first synced.
        tags_left_alone: tags about which nothing can be said at present.
        problems: what could not be told of this person, by merge field, in words without names or addresses.
    """

    merge_fields: Mapping[str, Value] = field(default_factory=dict)
    language: str | None = None
    tags: Collection[str] = ()
    tags_not_to_have: Collection[str] = ()
    tags_left_alone: Collection[str] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PluginAnswers:
    """What the plugins said of a person, by name in the order of precedence, and those that could not say."""

    outgoing: Mapping[str, Outgoing]
    failed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run went for one plugin: how many people it was asked about, and how many of them had something new."""

    people: int
    changed: int


class Lookup(Protocol):
    """CiviCRM, for reading. The real one is `mailchimpsync.civicrm.CivicrmClient`."""

    may_write: bool

    def call(self, entity: str, action: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the values of one APIv4 action."""
        ...

    def count(self, entity: str, where: list[list[Any]]) -> int:
        """Return how many rows match."""
        ...

    def multi(self, calls: Mapping[str, tuple[str, str, Mapping[str, Any]]]) -> Mapping[str, Any]:
        """Make several calls in one request; see `mailchimpsync.civicrm.succeeded`."""
        ...


class Hooks:
    """The hooks. A plugin implements those it needs, and takes of their arguments those it needs; `compute` it must.

    All are called in the thread of the run. Errors set the plugin aside, and nothing else.
    """

    @hookspec
    def begin_run(self, audience: Audience, civicrm: Lookup) -> object:
        """Look up, once in each call of a run, what does not depend on people; `prepare` is given the answer."""

    @hookspec
    def prepare(self, audience: Audience, civicrm: Lookup, begun: Any, contact_ids: Sequence[int]) -> object:
        """Look up all of these contacts, up to 10,000, in as few requests as can be; `compute` is given the answer."""

    @hookspec
    def compute(self, person: Person, prepared: Any) -> Outgoing | None:
        """Say what one person should have; None: nothing to say. Pure: no network, no clock."""

    @hookspec
    def validate(self, audience: Audience, civicrm: Lookup, merge_fields: Sequence[MergeField]) -> Iterable[str]:
        """Return what is wrong with the options, in sentences."""
        raise NotImplementedError

    @hookspec
    def after_run(self, audience: Audience, begun: Any, summary: Summary) -> None:
        """Be told that the stage is complete."""
