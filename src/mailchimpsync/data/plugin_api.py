"""What a plugin is given and may return. Plugin authors import all of it from `mailchimpsync.plugins`."""

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
"""The longest name of a tag at Mailchimp, in characters."""

Value = str | int | float | bool | Sequence[Any] | Mapping[str, Any] | None
"""A value for a merge field, converted to the field's type. None and "" empty the field."""


def _discard_message(_words: str) -> None:
    return None


class CannotTellError(Exception):
    """Raised by a plugin that can't answer: its earlier values stay, and people see the message."""


@dataclass(frozen=True, slots=True)
class Audience:
    """The connection that data is requested for.

    `options` is the configuration of this plugin; `warn` shows people a sentence, without names or addresses, about a
    problem that doesn't stop the plugin.
    """

    list_id: str
    group_id: int
    now: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    data: DataOptions = field(default_factory=DataOptions)
    warn: Callable[[str], None] = _discard_message


@dataclass(frozen=True, slots=True)
class Person:
    """A member, or someone who may become one, and the contact that owns it.

    `merge_fields` are those of the member at Mailchimp that are known here: FNAME and LNAME.
    """

    contact_id: int
    list_id: str
    address: str | None
    status: str | None
    merge_fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a person should have at Mailchimp according to this plugin; a status can't be set.

    Attributes:
        merge_fields: values by tag; tags that aren't named stay as they are.
        language: the member's language; None: stays as it is.
        tags: the tags to have. Tags that this plugin added earlier and no longer names are removed.
        tags_not_to_have: tags to remove even if someone else added them before this member was first synced.
        tags_left_alone: tags about which nothing is known at present.
        problems: what isn't known of this person, by merge field, in words without names or addresses.
    """

    merge_fields: Mapping[str, Value] = field(default_factory=dict)
    language: str | None = None
    tags: Collection[str] = ()
    tags_not_to_have: Collection[str] = ()
    tags_left_alone: Collection[str] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PluginAnswers:
    """The plugins' answers about a person, by name in order of precedence, and the plugins that failed."""

    outgoing: Mapping[str, Outgoing]
    failed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a run for one plugin: how many people it was asked about, and how many of them had changes."""

    people: int
    changed: int


class Lookup(Protocol):
    """Read access to CiviCRM. The real one is `mailchimpsync.civicrm.CivicrmClient`."""

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
    """The hooks. A plugin implements those it needs, with the arguments it needs; `compute` is required.

    All are called in the thread of the run. An error sets the plugin aside and affects nothing else.
    """

    @hookspec
    def begin_run(self, audience: Audience, civicrm: Lookup) -> object:
        """Look up, once in each call of a run, what doesn't depend on people; the result is passed to `prepare`."""

    @hookspec
    def prepare(self, audience: Audience, civicrm: Lookup, begun: Any, contact_ids: Sequence[int]) -> object:
        """Look up these contacts, up to 10,000, in as few requests as possible; the result is passed to `compute`."""

    @hookspec
    def compute(self, person: Person, prepared: Any) -> Outgoing | None:
        """Return what one person should have; None: nothing to say. Pure: no network, no clock."""

    @hookspec
    def validate(self, audience: Audience, civicrm: Lookup, merge_fields: Sequence[MergeField]) -> Iterable[str]:
        """Return what is wrong with the options, in sentences."""
        raise NotImplementedError

    @hookspec
    def after_run(self, audience: Audience, begun: Any, summary: Summary) -> None:
        """Called when the stage is complete."""
