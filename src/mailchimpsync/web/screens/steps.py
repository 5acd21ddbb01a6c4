"""One change of one person in words: what, from what, to what."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailchimpsync.config import Link


@dataclass(frozen=True, slots=True)
class Step:
    """A change on a screen; `old` and `new` are terms of the vocabulary, `new` None: all is said."""

    what: str
    old: str | None = None
    new: str | None = None


def step_of(field: str, old: str | None, new: str | None, link: Link | None) -> Step:
    """Return a change from the journal's, or a plan's, name for it: `contact`, `status`, `group 8`, `interest a1`."""
    name, _space, about = field.partition(" ")
    if name == "contact":
        return Step(_("Contact created"))
    if name == "refused":
        return Step(_("Refused: %(wanted)s") % {"wanted": new or ""})
    if name == "group":
        return Step(_group(about, link), old or "not in it", new)
    if name == "interest":
        return Step(_("Interest %(interest)s") % {"interest": about}, old or "no", new)
    if name == "status":
        return Step(_("Subscription"), old or "not there", new)
    return Step(field, old, new)


def _group(about: str, link: Link | None) -> str:
    if link is not None and about == str(link.group_id) and link.group_title:
        return _("Group “%(group)s”") % {"group": link.group_title}
    return _("Group %(group)s") % {"group": about}
