"""A journal entry as a sentence: when, on which side, what, why, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.actions.texts.messages import say
from mailchimpsync.config import Link
from mailchimpsync.data import HIDDEN
from mailchimpsync.model import Side
from mailchimpsync.store.journal.chain import PERSONAL_FIELDS
from mailchimpsync.store.journal.journal import BY_RUN, BY_WEBHOOK, REFUSED

Entry = Mapping[str, Any]

BY_ERASURE = "erasure"
"""The actor of entries that an erasure writes; no run is behind them."""


@dataclass(frozen=True, slots=True)
class EntrySentence:
    """One change in words: `sentence` is the whole, the other fields are its parts."""

    time: datetime
    list_id: str
    title: str
    side: str
    what: str
    why: str
    by: str
    run_id: int | None
    answer: str | None
    sentence: str


def entry_sentence(entry: Entry, link: Link | None) -> EntrySentence:
    """Return an entry in words; `link` is its connection, or None if that no longer exists."""
    what, why, by = _change_words(entry, link), explain_code(entry["reason"]).sentence, _actor_words(entry)
    title = link.title if link is not None else f"audience {entry['list_id']}, no longer connected"
    answer = f" {entry['side']} responded with {entry['answer']}." if entry["answer"] else ""
    sentence = f"{entry['side']}: {what}, {by}. {why}{answer}"
    about = (entry["time"], entry["list_id"], title, entry["side"])
    return EntrySentence(*about, what, why, by, entry["run_id"], entry["answer"], sentence)


def _change_words(entry: Entry, link: Link | None) -> str:
    name, _, about = entry["field"].partition(" ")
    describe = _WORDS.get(name)
    if describe is None:
        return f"{entry['field']}: {entry['old']} → {entry['new']}"
    if entry["minimised_at"] is not None and name in PERSONAL_FIELDS:
        hidden = dict.fromkeys(("old", "new"), say("(no longer kept)"))
        return describe({**entry, **hidden}, about, link)
    return describe(entry, about, link)


def _actor_words(entry: Entry) -> str:
    if entry["actor"] == BY_ERASURE:
        return say("by an erasure")
    sync = say("sync %(id)s", id=entry["run_id"]) if entry["run_id"] is not None else say("a sync")
    if entry["actor"] in (None, BY_RUN):
        return say("by %(sync)s", sync=sync)
    if entry["actor"] == BY_WEBHOOK:
        return say("by %(sync)s, because of a webhook", sync=sync)
    return say("by %(sync)s, requested by %(who)s", sync=sync, who=entry["actor"])


def _group(entry: Entry, about: str, link: Link | None) -> str:
    name = f"“{link.group_title}”" if link is not None and about == str(link.group_id) and link.group_title else about
    contact, new = entry["contact_id"], entry["new"]
    if new == "Added":
        return say("contact %(contact)s was added to the group %(group)s", contact=contact, group=name)
    if new == "Removed":
        return say("contact %(contact)s was removed from the group %(group)s", contact=contact, group=name)
    return say("contact %(contact)s was set to %(new)s in the group %(group)s", contact=contact, new=new, group=name)


def _status(entry: Entry, _about: str, _link: Link | None) -> str:
    old, new = entry["old"], entry["new"]
    if old is None:
        return say("the member was added as %(new)s", new=say(new))
    return say("the member's status was changed from %(old)s to %(new)s", old=say(old), new=say(new))


def _interest(entry: Entry, about: str, _link: Link | None) -> str:
    if entry["new"] == "yes":
        return say("the interest %(interest)s was ticked", interest=about)
    return say("the interest %(interest)s was unticked", interest=about)


def _contact(entry: Entry, _about: str, _link: Link | None) -> str:
    return say("contact %(contact)s was created", contact=entry["contact_id"])


def _address(entry: Entry, _about: str, _link: Link | None) -> str:
    if entry["side"] == Side.MAILCHIMP:
        return say("the member's address was changed from %(old)s to %(new)s", old=entry["old"], new=entry["new"])
    return say(
        "contact %(contact)s was given the address %(new)s after %(old)s was abandoned",
        contact=entry["contact_id"],
        new=entry["new"],
        old=entry["old"],
    )


def _hold(entry: Entry, _about: str, _link: Link | None) -> str:
    return say("the address of contact %(contact)s was put on hold", contact=entry["contact_id"])


def _name(entry: Entry, _about: str, _link: Link | None) -> str:
    return say(
        "the %(name)s of contact %(contact)s was changed from %(old)s to %(new)s",
        name=say("first name") if entry["field"] == "first_name" else say("last name"),
        contact=entry["contact_id"],
        old=_or_none(entry["old"]),
        new=entry["new"],
    )


def _erased(entry: Entry, _about: str, _link: Link | None) -> str:
    return say("a person was erased, and their values were removed from %(number)s entries", number=entry["new"])


def _merge_field(entry: Entry, about: str, _link: Link | None) -> str:
    old, new = _or_none(entry["old"]), _or_none(entry["new"])
    return say("the merge field %(field)s was changed from %(old)s to %(new)s", field=about, old=old, new=new)


def _tag(entry: Entry, about: str, _link: Link | None) -> str:
    if entry["new"] == "yes":
        return say("the tag “%(tag)s” was added", tag=about)
    return say("the tag “%(tag)s” was removed", tag=about)


def _language(entry: Entry, _about: str, _link: Link | None) -> str:
    return say("the language was changed from %(old)s to %(new)s", old=_or_none(entry["old"]), new=entry["new"])


def _refused(entry: Entry, _about: str, _link: Link | None) -> str:
    return say("this change was refused: %(wanted)s", wanted=entry["new"])


def _or_none(value: str | None) -> str:
    return say(HIDDEN) if value == HIDDEN else value or say("(none)")


_WORDS: Mapping[str, Callable[[Entry, str, Link | None], str]] = {
    "group": _group,
    "status": _status,
    "interest": _interest,
    "contact": _contact,
    "address": _address,
    "on_hold": _hold,
    "first_name": _name,
    "last_name": _name,
    "erased": _erased,
    "merge_field": _merge_field,
    "tag": _tag,
    "language": _language,
    REFUSED: _refused,
}
