"""Whether new members are asked to confirm, in words: what a connection says, beside the audience's own setting."""

from __future__ import annotations

from mailchimpsync.actions.texts.messages import Message, say
from mailchimpsync.config import Link
from mailchimpsync.model import NewMembers

_ASKED = say("Mailchimp asks new members to confirm before they are subscribed")
_AT_ONCE = say("New members are subscribed at once, on CiviCRM's word")
_ASKS, _DOES_NOT_ASK = say("double opt-in is on"), say("double opt-in is off")


def new_members_sentence(link: Link, *, double_optin: bool) -> Message:
    """Say what becomes of new members, and whether that is as the audience's own setting has it."""
    mode = link.new_members or NewMembers.of(double_optin=double_optin)
    what = _ASKED if mode is NewMembers.CONFIRM else _AT_ONCE
    setting = _ASKS if double_optin else _DOES_NOT_ASK
    if link.new_members is None:
        return say("%(what)s, as the audience's own setting has it (%(setting)s).", what=what, setting=setting)
    if differs(link, double_optin=double_optin):
        return say("%(what)s, though the audience's own setting differs (%(setting)s).", what=what, setting=setting)
    return say("%(what)s.", what=what)


def differs(link: Link, *, double_optin: bool) -> bool:
    """Say whether a connection was told something else than the audience's own setting says."""
    return link.new_members not in (None, NewMembers.of(double_optin=double_optin))
