"""Whether new members are asked to confirm, in words: the connection's setting beside the audience's own."""

from __future__ import annotations

from mailchimpsync.config import Link
from mailchimpsync.messages import Message, say
from mailchimpsync.model import NewMembers

_ASKED = say("Mailchimp asks new members to confirm before they are subscribed")
_AT_ONCE = say("New members are subscribed at once")
_OPT_IN_ON = say("double opt-in is on for this audience")
_OPT_IN_OFF = say("double opt-in is off for this audience")


def new_members_sentence(link: Link, *, double_optin: bool) -> Message:
    """Return what happens to new members, and whether that matches the audience's own setting."""
    mode = link.new_members or NewMembers.of(double_optin=double_optin)
    what = _ASKED if mode is NewMembers.CONFIRM else _AT_ONCE
    setting = _OPT_IN_ON if double_optin else _OPT_IN_OFF
    if link.new_members is None:
        return say("%(what)s, because %(setting)s.", what=what, setting=setting)
    if differs(link, double_optin=double_optin):
        return say("%(what)s, although %(setting)s.", what=what, setting=setting)
    return say("%(what)s.", what=what)


def differs(link: Link, *, double_optin: bool) -> bool:
    """Say whether a connection's setting differs from the audience's own."""
    return link.new_members not in (None, NewMembers.of(double_optin=double_optin))
