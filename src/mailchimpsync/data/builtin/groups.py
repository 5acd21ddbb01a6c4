"""The built-in plugin `groups`: members of a group get a tag at Mailchimp; smart groups too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.data.plugin_api import TAG_NAME_MAX, Audience, CannotTellError, Lookup, Outgoing, Person, hookimpl
from mailchimpsync.data.reading import contacts_call, rows_of_calls
from mailchimpsync.errors import RemoteError, TransientError
from mailchimpsync.mailchimp import MergeField
from mailchimpsync.messages import Message, join, say

_FIELDS = ["id", "title", "frontend_title", "is_active", "saved_search_id"]


@dataclass(frozen=True, slots=True)
class _Groups:
    """The groups' tags by group id, and the tags of groups that couldn't be read."""

    names: Mapping[int, str]
    left_alone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Chunk:
    groups: _Groups
    members: Mapping[int, frozenset[int]]
    shown: frozenset[int]


class GroupTags:
    """An empty or failing group is an error and never removes a tag."""

    @hookimpl
    def begin_run(self, audience: Audience, civicrm: Lookup) -> _Groups:
        """Read the groups, refresh the smart ones, and check that each has members.

        Raises:
            CannotTellError: CiviCRM has none of them.
        """
        found = {group["id"]: group for group in _read(audience, civicrm)}
        if not found:
            raise CannotTellError("CiviCRM shows none of the groups that are to be tags")
        names = {group_id: _name(audience, group) for group_id, group in found.items()}
        _refresh(civicrm, [group_id for group_id, group in found.items() if group["saved_search_id"]])
        problems = {
            group_id: why for group_id in audience.data.group_tags if (why := _problem_of_group(found, group_id))
        }
        problems |= _without_members(civicrm, [group_id for group_id in names if group_id not in problems])
        if any(group_id not in found for group_id in problems):  # the name of its tag isn't known
            raise CannotTellError(join("; ", problems.values()))
        for words in problems.values():
            audience.warn(say("%(why)s, so its tag is left as it is", why=words))
        lost = frozenset(names[group_id] for group_id in problems)
        return _Groups({group_id: name for group_id, name in names.items() if group_id not in problems}, lost)

    @hookimpl
    def prepare(self, civicrm: Lookup, begun: _Groups, contact_ids: Sequence[int]) -> _Chunk:
        """Read which of the contacts are in each group."""
        calls = {"contacts": contacts_call(contact_ids, ())}
        for group_id in begun.names:
            entity, action, params = contacts_call(contact_ids, ())
            where = [*params["where"], ["groups", "IN", [group_id]]]
            calls[str(group_id)] = (entity, action, {**params, "where": where})
        found = rows_of_calls(civicrm, calls)
        members = {key: frozenset(row["id"] for row in rows) for key, rows in found.items()}
        return _Chunk(begun, {group: members[str(group)] for group in begun.names}, members["contacts"])

    @hookimpl
    def compute(self, person: Person, prepared: _Chunk) -> Outgoing:
        """Return the tags of the contact's groups."""
        if person.contact_id not in prepared.shown:
            raise CannotTellError("CiviCRM does not show a contact")
        is_in = {group: person.contact_id in members for group, members in prepared.members.items()}
        return Outgoing(
            tags=[prepared.groups.names[group] for group, inside in is_in.items() if inside],
            tags_not_to_have=[prepared.groups.names[group] for group, inside in is_in.items() if not inside],
            tags_left_alone=prepared.groups.left_alone,
        )

    @hookimpl
    def validate(self, audience: Audience, civicrm: Lookup, merge_fields: Sequence[MergeField]) -> Iterable[str]:  # noqa: ARG002 (hooks are given all)
        """Report groups that are missing, inactive or empty."""
        found = {group["id"]: group for group in _read(audience, civicrm)}
        problems = {group: why for group in audience.data.group_tags if (why := _problem_of_group(found, group))}
        problems |= _without_members(civicrm, [group for group in found if group not in problems])
        return [say("The tag of a group can't be kept up to date: %(why)s.", why=why) for why in problems.values()]


def _read(audience: Audience, civicrm: Lookup) -> list[dict[str, Any]]:
    where = [["id", "IN", list(audience.data.group_tags)]]
    return civicrm.call("Group", "get", {"select": _FIELDS, "where": where})


def _problem_of_group(found: Mapping[int, Mapping[str, Any]], group_id: int) -> Message | None:
    if group_id not in found:
        return say("group %(group)s does not exist in CiviCRM", group=group_id)
    return None if found[group_id]["is_active"] else say("group %(group)s is not active in CiviCRM", group=group_id)


def _name(audience: Audience, group: Mapping[str, Any]) -> str:
    return f"{audience.data.tag_prefix}{group['title']}"[:TAG_NAME_MAX]


def _refresh(civicrm: Lookup, smart: Sequence[int]) -> None:
    """Have CiviCRM recalculate smart groups; versions that can't be asked do so on their own within minutes."""
    if not smart or not civicrm.may_write:
        return
    if civicrm.call("Group", "getActions", {"select": ["name"], "where": [["name", "=", "refresh"]]}):
        civicrm.call("Group", "refresh", {"where": [["id", "IN", list(smart)]]})


def _without_members(civicrm: Lookup, group_ids: Sequence[int]) -> dict[int, Message]:
    """Return the groups that can't be read or have no members."""
    calls = {
        str(group): ("Contact", "get", {"select": ["id"], "where": [["groups", "IN", [group]]], "limit": 1})
        for group in group_ids
    }
    found = civicrm.multi(calls) if calls else {}
    problems: dict[int, Message] = {}
    for group in group_ids:
        result = found[str(group)]
        if isinstance(result, TransientError):
            raise result
        if isinstance(result, RemoteError):
            problems[group] = say("group %(group)s can't be read in CiviCRM", group=group)
        elif not result.values:
            problems[group] = say("group %(group)s is empty in CiviCRM", group=group)
    return problems
