"""Effects in words, for every interface: as a label with values, as a line of a plan, as a sentence of the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mailchimpsync.actions.texts.names import Names
from mailchimpsync.config import Link
from mailchimpsync.data import HIDDEN
from mailchimpsync.effects import Effect, What
from mailchimpsync.messages import Message, say
from mailchimpsync.model import GroupStatus, Side, comes_back

NO_NAMES = Names()
NONE = "(none)"
SUBSCRIBED_OR_ASKED = "subscribed, or asked to confirm"

_OLD_IF_UNKNOWN = {What.GROUP: "not in it", What.INTEREST: "no", What.STATUS: "not there"}
_LABELS = {
    What.CONTACT: say("contact created"),
    What.STATUS: say("subscription"),
    What.LANGUAGE: say("language"),
    What.ADDRESS: say("address"),
    What.ON_HOLD: say("address on hold"),
    What.FIRST_NAME: say("first name"),
    What.LAST_NAME: say("last name"),
}


@dataclass(frozen=True, slots=True)
class EffectWords:
    """What changes, from what to what, in terms of the vocabulary; `new` is None if there is nothing to add."""

    what: Message
    old: str | None = None
    new: str | None = None


def effect_words(effect: Effect, names: Names = NO_NAMES, link: Link | None = None) -> EffectWords:
    """Return an effect as a label with its values; groups and interests by name where known."""
    label = _label(effect, names, link)
    if effect.what in (What.CONTACT, What.REFUSED):
        return EffectWords(label)
    return EffectWords(label, effect.old or _OLD_IF_UNKNOWN.get(effect.what, NONE), effect.new or NONE)


def planned_words(effect: Effect, names: Names = NO_NAMES, link: Link | None = None) -> EffectWords:
    """Return an effect of a plan likewise; Mailchimp may ask people who come back instead of subscribing them."""
    words = effect_words(effect, names, link)
    if effect.what is What.STATUS and comes_back(effect.old, effect.new):
        return replace(words, new=SUBSCRIBED_OR_ASKED)
    return words


def effect_line(effect: Effect, names: Names = NO_NAMES) -> str:
    """Return an effect as a line of a plan."""
    words = planned_words(effect, names)
    if effect.what is What.CONTACT:
        return f"{effect.place}: the contact is created"
    about = "" if effect.what is What.STATUS else f", {words.what}"
    return f"{effect.place}{about}: {words.old} → {words.new}"


def effect_sentence(effect: Effect, contact_id: int | None, link: Link | None = None) -> str:
    """Return what was done, or refused, as a clause of the journal's sentences."""
    return _SENTENCES[effect.what](effect, contact_id, link)


def _label(effect: Effect, names: Names, link: Link | None) -> Message:
    match effect.what:
        case What.GROUP:
            title = _group_title(effect.key, names, link)
            return say("group “%(group)s”", group=title) if title else say("group %(group)s", group=effect.key)
        case What.INTEREST:
            name = names.full_interest(effect.key)
            return say("interest “%(name)s”", name=name) if name else say("interest %(interest)s", interest=effect.key)
        case What.MERGE_FIELD:
            return say("merge field %(field)s", field=effect.key)
        case What.TAG:
            return say("tag “%(tag)s”", tag=effect.key)
        case What.REFUSED:
            return say("refused: %(wanted)s", wanted=effect.new or "")
    return _LABELS.get(effect.what) or Message("%(field)s", {"field": effect.field})


def _group_title(key: str, names: Names, link: Link | None) -> str:
    title = names.groups.get(int(key), "") if key.isdecimal() else ""
    return title or (link.group_title if link is not None and key == str(link.group_id) else "")


def _group_sentence(effect: Effect, contact_id: int | None, link: Link | None) -> str:
    title = _group_title(effect.key, NO_NAMES, link)
    contact, group, new = contact_id, say("“%(name)s”", name=title) if title else effect.key, effect.new
    if new == GroupStatus.ADDED:
        return say("contact %(contact)s was added to the group %(group)s", contact=contact, group=group)
    if new == GroupStatus.REMOVED:
        return say("contact %(contact)s was removed from the group %(group)s", contact=contact, group=group)
    return say("contact %(contact)s was set to %(new)s in the group %(group)s", contact=contact, new=new, group=group)


def _status_sentence(effect: Effect, _contact_id: int | None, _link: Link | None) -> str:
    old, new = effect.old, say(effect.new or NONE)
    if old is None:
        return say("the member was added as %(new)s", new=new)
    return say("the member's status was changed from %(old)s to %(new)s", old=say(old), new=new)


def _interest_sentence(effect: Effect, _contact_id: int | None, _link: Link | None) -> str:
    if effect.new == "yes":
        return say("the interest %(interest)s was ticked", interest=effect.key)
    return say("the interest %(interest)s was unticked", interest=effect.key)


def _contact_sentence(_effect: Effect, contact_id: int | None, _link: Link | None) -> str:
    return say("contact %(contact)s was created", contact=contact_id)


def _address_sentence(effect: Effect, contact_id: int | None, _link: Link | None) -> str:
    old, new = effect.old, effect.new
    if effect.side is Side.MAILCHIMP:
        return say("the member's address was changed from %(old)s to %(new)s", old=old, new=new)
    return say(
        "contact %(contact)s was given the address %(new)s after %(old)s was abandoned",
        contact=contact_id,
        new=new,
        old=old,
    )


def _hold_sentence(_effect: Effect, contact_id: int | None, _link: Link | None) -> str:
    return say("the address of contact %(contact)s was put on hold", contact=contact_id)


def _name_sentence(effect: Effect, contact_id: int | None, _link: Link | None) -> str:
    return say(
        "the %(name)s of contact %(contact)s was changed from %(old)s to %(new)s",
        name=_LABELS[effect.what],
        contact=contact_id,
        old=_or_none(effect.old),
        new=effect.new,
    )


def _erased_sentence(effect: Effect, _contact_id: int | None, _link: Link | None) -> str:
    return say("a person was erased, and their values were removed from %(number)s entries", number=effect.new)


def _merge_field_sentence(effect: Effect, _contact_id: int | None, _link: Link | None) -> str:
    old, new = _or_none(effect.old), _or_none(effect.new)
    return say("the merge field %(field)s was changed from %(old)s to %(new)s", field=effect.key, old=old, new=new)


def _tag_sentence(effect: Effect, _contact_id: int | None, _link: Link | None) -> str:
    if effect.new == "yes":
        return say("the tag “%(tag)s” was added", tag=effect.key)
    return say("the tag “%(tag)s” was removed", tag=effect.key)


def _language_sentence(effect: Effect, _contact_id: int | None, _link: Link | None) -> str:
    return say("the language was changed from %(old)s to %(new)s", old=_or_none(effect.old), new=effect.new)


def _refused_sentence(effect: Effect, _contact_id: int | None, _link: Link | None) -> str:
    return say("this change was refused: %(wanted)s", wanted=say(effect.new or NONE))


def _other_sentence(effect: Effect, _contact_id: int | None, _link: Link | None) -> str:
    return f"{effect.field}: {effect.old} → {effect.new}"


def _or_none(value: str | None) -> str:
    return say(HIDDEN) if value == HIDDEN else value or say("(none)")


_SENTENCES: Mapping[What, Callable[[Effect, int | None, Link | None], str]] = {
    What.CONTACT: _contact_sentence,
    What.GROUP: _group_sentence,
    What.STATUS: _status_sentence,
    What.INTEREST: _interest_sentence,
    What.MERGE_FIELD: _merge_field_sentence,
    What.TAG: _tag_sentence,
    What.LANGUAGE: _language_sentence,
    What.ADDRESS: _address_sentence,
    What.ON_HOLD: _hold_sentence,
    What.FIRST_NAME: _name_sentence,
    What.LAST_NAME: _name_sentence,
    What.ERASED: _erased_sentence,
    What.REFUSED: _refused_sentence,
    What.OTHER: _other_sentence,
}
