"""Warnings about groups with child groups: contacts of child groups are not synced with the group."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from mailchimpsync.actions.site import Site
from mailchimpsync.civicrm import child_groups
from mailchimpsync.messages import Message, say


def child_group_sentences(site: Site, group_ids: Collection[int], titles: Mapping[int, str]) -> list[Message]:
    """Ask CiviCRM, and return a sentence for each of these groups that has child groups.

    Raises:
        RemoteError: CiviCRM can't be reached.
    """
    return list(_sentences(child_groups(site.civicrm(), group_ids), titles))


def child_groups_sentence(group_id: int, title: str, children: Sequence[str]) -> Message:
    """Return which child groups a group has, and what that means for a sync."""
    return say(
        "Group %(id)s “%(title)s” has child groups (%(children)s). A sync includes only "
        "contacts in the group itself, although CiviCRM also sends mailings to contacts "
        "in its child groups.",
        id=group_id,
        title=title,
        children=", ".join(children),
    )


def _sentences(nested: Mapping[int, Sequence[str]], titles: Mapping[int, str]) -> Iterator[Message]:
    for group_id, children in nested.items():
        yield child_groups_sentence(group_id, titles.get(group_id, ""), children)
