"""A journal entry as a sentence: when, on which side, what, why, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.explained import explained
from mailchimpsync.config import Link
from mailchimpsync.model import Side
from mailchimpsync.store.chain import PERSONAL_FIELDS
from mailchimpsync.store.journal import BY_RUN, BY_WEBHOOK, REFUSED

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What happened once: `sentence` is all of it, the others its parts."""

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


def tell(entry: Entry, link: Link | None) -> Told:
    """Return an entry in words; `link` is the connection, unless it has gone."""
    what, why, by = _what(entry, link), explained(entry["reason"]).sentence, _by(entry)
    title = link.title if link is not None else f"audience {entry['list_id']}, not connected any more"
    answer = f" {entry['side']} answered {entry['answer']}." if entry["answer"] else ""
    sentence = f"{entry['side']}: {what}, {by}. {why}{answer}"
    about = (entry["time"], entry["list_id"], title, entry["side"])
    return Told(*about, what, why, by, entry["run_id"], entry["answer"], sentence)


def _what(entry: Entry, link: Link | None) -> str:
    name, _, about = entry["field"].partition(" ")
    speak = _WORDS.get(name)
    if speak is None:
        return f"{entry['field']}: {entry['old']} → {entry['new']}"
    if entry["minimised_at"] is not None and name in PERSONAL_FIELDS:
        hidden = {"old": "(no longer kept)", "new": "(no longer kept)"}
        return speak({**entry, **hidden}, about, link)
    return speak(entry, about, link)


def _by(entry: Entry) -> str:
    run = f"run {entry['run_id']}" if entry["run_id"] is not None else "a run"
    if entry["actor"] in (None, BY_RUN):
        return f"by {run}"
    if entry["actor"] == BY_WEBHOOK:
        return f"by {run}, because of a webhook"
    return f"by {run}, on the word of {entry['actor']}"


def _group(entry: Entry, about: str, link: Link | None) -> str:
    name = f"“{link.group_title}”" if link is not None and about == str(link.group_id) and link.group_title else about
    what = {"Added": "added to", "Removed": "removed from"}.get(entry["new"] or "", f"set to {entry['new']} in")
    return f"contact {entry['contact_id']} was {what} the group {name}"


def _status(entry: Entry, _about: str, _link: Link | None) -> str:
    if entry["old"] is None:
        return f"the member was added as {entry['new']}"
    return f"the member's status was changed from {entry['old']} to {entry['new']}"


def _interest(entry: Entry, about: str, _link: Link | None) -> str:
    return f"the interest {about} was {'ticked' if entry['new'] == 'yes' else 'unticked'}"


def _contact(entry: Entry, _about: str, _link: Link | None) -> str:
    return f"contact {entry['contact_id']} was created"


def _address(entry: Entry, _about: str, _link: Link | None) -> str:
    if entry["side"] == Side.MAILCHIMP:
        return f"the member's address was changed from {entry['old']} to {entry['new']}"
    return f"contact {entry['contact_id']} got the address {entry['new']}, after {entry['old']} was given up"


def _hold(entry: Entry, _about: str, _link: Link | None) -> str:
    return f"the address of contact {entry['contact_id']} was put on hold"


def _name(entry: Entry, _about: str, _link: Link | None) -> str:
    name = entry["field"].replace("_", " ")
    return f"the {name} of contact {entry['contact_id']} was changed from {entry['old'] or '(none)'} to {entry['new']}"


def _erased(entry: Entry, _about: str, _link: Link | None) -> str:
    return f"somebody was erased, and their values went from {entry['new']} entries"


def _merge_field(entry: Entry, about: str, _link: Link | None) -> str:
    return f"the merge field {about} was changed from {entry['old'] or '(none)'} to {entry['new'] or '(none)'}"


def _tag(entry: Entry, about: str, _link: Link | None) -> str:
    return f"the tag “{about}” was {'given' if entry['new'] == 'yes' else 'taken away'}"


def _language(entry: Entry, _about: str, _link: Link | None) -> str:
    return f"the language was changed from {entry['old'] or '(none)'} to {entry['new']}"


def _refused(entry: Entry, _about: str, _link: Link | None) -> str:
    return f"this was wanted and refused: {entry['new']}"


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
