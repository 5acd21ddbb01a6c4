"""One change of one person in words: the field, the old and the new value."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailchimpsync.actions import Names
from mailchimpsync.config import Link


@dataclass(frozen=True, slots=True)
class Step:
    """A change on a screen; `old` and `new` are terms of the vocabulary, `new` is None if there is nothing to add."""

    what: str
    old: str | None = None
    new: str | None = None


def step_of(field: str, old: str | None, new: str | None, link: Link | None, names: Names) -> Step:
    """Return a change from the journal's, or a plan's, name for it: `contact`, `status`, `group 8`, `interest a1`.

    `names`: those that are cached.
    """
    name, _space, about = field.partition(" ")
    if name == "contact":
        return Step(_("Contact created"))
    if name == "refused":
        return Step(_("Refused: %(wanted)s") % {"wanted": new or ""})
    if name == "group":
        return Step(_group(about, link, names), old or "not in it", new)
    if name == "interest":
        return Step(_("Interest “%(interest)s”") % {"interest": names.interests.get(about, about)}, old or "no", new)
    if name == "status":
        return Step(_("Subscription"), old or "not there", new)
    return _data_step(field, old, new)


def _data_step(field: str, old: str | None, new: str | None) -> Step:
    """The journal writes `merge_field FNAME`, a plan `merge field FNAME`; a tag may be in quotes."""
    name, _space, about = field.replace("merge field", "merge_field").partition(" ")
    if name == "merge_field":
        return Step(_("Merge field %(field)s") % {"field": about}, old or "(none)", new or "(none)")
    if name == "tag":
        return Step(_("Tag “%(tag)s”") % {"tag": about.strip("“”")}, old, new)
    if name == "language":
        return Step(_("Language"), old or "(none)", new)
    if name == "address":
        return Step(_("Address"), old, new)
    return Step(field, old, new)


def _group(about: str, link: Link | None, names: Names) -> str:
    title = names.groups.get(int(about), "") if about.isdecimal() else ""
    if not title and link is not None and about == str(link.group_id):
        title = link.group_title
    return _("Group “%(group)s”") % {"group": title} if title else _("Group %(group)s") % {"group": about}
