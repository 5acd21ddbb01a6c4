"""The rights that a configuration needs in CiviCRM: which are missing, what for, and what happens without them."""

from __future__ import annotations

from collections.abc import Iterator

from mailchimpsync.actions.finding import Finding, Level, ok, trouble
from mailchimpsync.civicrm import Rights, RightState
from mailchimpsync.config import Configuration
from mailchimpsync.data import SUMMARIES
from mailchimpsync.data.catalogue import DONATIONS, MEMBERSHIPS
from mailchimpsync.errors import PURPOSES, SMALLEST, Code, Right
from mailchimpsync.messages import say

_OF_LOOKUPS = {MEMBERSHIPS: Right.MEMBERSHIPS, DONATIONS: Right.DONATIONS}
_RIGHTS_TO_SEE_DELETED = {Right.TRASH}


def rights_in_use(configuration: Configuration) -> set[Right]:
    """Return the rights that switched-on features need, besides the smallest set and those of a first import."""
    needed: set[Right] = set()
    for link in configuration.connections:
        if link.campaigns.enabled:
            needed.add(Right.ACTIVITIES)
        lookups = {SUMMARIES[rule.source].lookup for rule in link.data.fields if rule.source in SUMMARIES}
        needed |= {right for lookup, right in _OF_LOOKUPS.items() if lookup in lookups}
    return needed


def findings_of_rights(rights: Rights, needed: set[Right]) -> Iterator[Finding]:
    """Yield a finding for each missing right; it is bad if a switched-on feature needs the right."""
    missing = [right for right in rights if rights[right] is RightState.LACKING and right not in SMALLEST]
    for right in missing:
        if right in needed:
            yield _missing(right, Level.BAD)
        elif right in _RIGHTS_TO_SEE_DELETED:
            yield _missing(right, Level.WARNING)
    unneeded = [right for right in missing if right not in needed and right not in _RIGHTS_TO_SEE_DELETED]
    if unneeded:
        names = ", ".join(f"“{right.value}”" for right in unneeded)
        yield ok(say("Permissions"), say("Not given, and not needed for what is switched on: %(names)s.", names=names))


def _missing(right: Right, level: Level) -> Finding:
    remedy = say("In the CMS, give the role of the API key's user the permission “%(right)s”.", right=right.value)
    return trouble(say("Permissions"), missing_rights(right), Code.CV_RIGHT_MISSING, level=level, remedy=remedy)


def missing_rights(right: Right) -> str:
    """Return that a right is missing, what it is for, and what happens without it."""
    purpose = PURPOSES[right]
    return say(
        "The API key's user doesn't have the permission “%(right)s”. Purpose: %(why)s Without it: %(without)s",
        right=right.value,
        why=say(purpose.why),
        without=say(purpose.without),
    )
