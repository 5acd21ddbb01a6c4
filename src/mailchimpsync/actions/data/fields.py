"""`Mailchimpsync.getdatafields` and `createmergefields`: the fields that can be mapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import DataToTry, OneGroupId
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.config import Data, Link
from mailchimpsync.data import (
    Audience,
    FoundPlugin,
    PluginRunner,
    Source,
    contact_field,
    find_plugins,
    sources,
    unknown_source,
)
from mailchimpsync.errors import UsageError
from mailchimpsync.errors.validation import describe_problem, problem_at
from mailchimpsync.mailchimp import MergeField, create_merge_field, merge_fields
from mailchimpsync.messages import join, say
from mailchimpsync.model import DataOptions, MappedField
from mailchimpsync.sync.read_only import read_only

SECONDS_MAX = 60
NAME_LENGTH_MAX = 50
CHOICES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin: whether it is switched on, and why it can't be used, if it can't."""

    name: str
    is_built_in: bool
    is_on: bool
    distribution: str
    version: str
    problem: str


@dataclass(frozen=True, slots=True)
class DataFields:
    """The fields that can be mapped, and problems of the current field map, by plugin.

    `tags` (labels by name) and `groups` are those of CiviCRM that could become tags at Mailchimp.
    """

    sources: tuple[Source, ...]
    merge_fields: tuple[MergeField, ...]
    tags: Mapping[str, str]
    groups: Mapping[int, str]
    plugins: tuple[Plugin, ...]
    problems: Mapping[str, Sequence[str]]


@action("Mailchimpsync", Scope.READ)
def getdatafields(site: Site, *, group_id: OneGroupId, data: DataToTry = None) -> DataFields:
    """Return which CiviCRM data can go into which merge fields of an audience, and problems of the current map.

    Nothing is changed on either side.

    Raises:
        UsageError: no such group, or `data` can't be used.
        AccessError, TransientError: a side refuses access, or can't be reached.
    """
    [link] = find_links(site, group_id)
    options = data_options(link, data)
    systems = site.systems(link, someone_waits=True)
    with within(systems.mailchimp, SECONDS_MAX), within(systems.civicrm, SECONDS_MAX), read_only(systems):
        fields = merge_fields(systems.mailchimp, link.audience_id)
        found = find_plugins()
        runner = PluginRunner.of(audience_of(site, link, options), systems.civicrm, found)
        return DataFields(
            sources=tuple(sources(systems.civicrm)),
            merge_fields=tuple(fields),
            tags=_tags(systems.civicrm),
            groups=_groups(systems.civicrm),
            plugins=tuple(_plugin(one, runner.names) for one in found),
            problems=runner.validate(fields),
        )


@action("Mailchimpsync", Scope.CONFIGURE)
def createmergefields(site: Site, *, group_id: OneGroupId, data: DataToTry = None) -> list[MergeField]:
    """Create the merge fields that are in the field map but not in the audience, and return them.

    Each gets the type that fits its source, is optional, and is hidden in forms.

    Raises:
        UsageError: no such group, `data` can't be used, or CiviCRM doesn't know a source; nothing is created.
        RefusedError: Mailchimp allows no more fields in the audience; fields created before stay.
    """
    [link] = find_links(site, group_id)
    options = data_options(link, data)
    systems = site.systems(link, someone_waits=True)
    with within(systems.mailchimp, SECONDS_MAX), within(systems.civicrm, SECONDS_MAX):
        existing = {one.tag for one in merge_fields(systems.mailchimp, link.audience_id)}
        missing = [one for one in options.fields if one.merge_field not in existing]
        known = {one.name: one for one in sources(systems.civicrm)} if missing else {}
        _check_sources(systems.civicrm, [one for one in missing if one.source not in known])
        return [
            create_merge_field(systems.mailchimp, link.audience_id, one.merge_field, *_name_and_type(one, known))
            for one in missing
        ]


def _check_sources(civicrm: CivicrmClient, rules: Sequence[MappedField]) -> None:
    """Check that every source exists, since a merge field is hard to remove once it is created.

    Raises:
        UsageError: CiviCRM doesn't know some fields; names all of them.
    """
    if not rules:
        return
    names = {one.merge_field: contact_field(one.source) or one.source for one in rules}
    found = civicrm.call("Contact", "get", {"select": ["id", *names.values()], "limit": 1})
    there = found[0] if found else {}
    if unknown := [one for one in rules if names[one.merge_field] not in there]:
        why = join(" ", map(unknown_source, unknown))
        raise UsageError(say("%(why)s No merge field was created.", why=why))


def data_options(link: Link, data: Mapping[str, Any] | None) -> DataOptions:
    """Return what to send, as configured or as given.

    Raises:
        UsageError: the given data can't be used.
    """
    if data is None:
        return link.data.options or DataOptions()
    try:
        return Data.model_validate(data).options or DataOptions()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        words = join("; ", (problem_at(".".join(map(str, one["loc"])), describe_problem(one)) for one in problems))
        raise UsageError(say("data: %(words)s.", words=words)) from None


def audience_of(site: Site, link: Link, options: DataOptions) -> Audience:
    """Return a connection as plugins see it."""
    return Audience(link.audience_id, link.group_id, site.runtime.now(), data=options)


def _name_and_type(one: MappedField, known: Mapping[str, Source]) -> tuple[str, str]:
    source = known.get(one.source)
    return (source.label[:NAME_LENGTH_MAX], source.type) if source else (one.merge_field, "text")


def _plugin(found: FoundPlugin, switched_on: Sequence[str]) -> Plugin:
    is_built_in = not found.distribution and found.plugin is not None
    return Plugin(found.name, is_built_in, found.name in switched_on, found.distribution, found.version, found.problem)


def _tags(civicrm: CivicrmClient) -> dict[str, str]:
    where = [["used_for:name", "CONTAINS", "Contact"]]
    found = civicrm.call("Tag", "get", {"select": ["name", "label"], "where": where, "limit": CHOICES_MAX})
    labels = {str(tag["name"]): str(tag.get("label") or tag["name"]) for tag in found}
    return dict(sorted(labels.items(), key=lambda one: one[1].casefold()))


def _groups(civicrm: CivicrmClient) -> dict[int, str]:
    where = [["is_active", "=", True], ["is_hidden", "=", False]]
    found = civicrm.call(
        "Group", "get", {"select": ["id", "title"], "where": where, "orderBy": {"title": "ASC"}, "limit": CHOICES_MAX}
    )
    return {group["id"]: group["title"] for group in found}
