"""The first sentences about a person: whether they are on the list and why, what is under way, what can be done.

A reason comes from the last decision, and either side may have changed since. It is given as the cause only where it
agrees with what both sides say now; otherwise the headline states what they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from mailchimpsync.actions.people.journal_sentences import EntrySentence
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code, Who
from mailchimpsync.messages import moment, say
from mailchimpsync.model import GroupState, GroupStatus, MemberStatus, Resubscribe, SyncStatus


class Position(Enum):
    """Whether a person gets what is sent to the audience."""

    ON = auto()
    ASKED = auto()
    OFF = auto()


_ON = frozenset(
    {
        Code.IN_SYNC,
        Code.CIVICRM_ADDED,
        Code.MAILCHIMP_SUBSCRIBED,
        Code.MAILCHIMP_NEW_PERSON,
        Code.INTERESTS_CHANGED,
        Code.CIVICRM_LEFT_ALONE,
        Code.CIVICRM_BACK,
        Code.CIVICRM_READDRESSED,
        Code.CV_CONTACT_GONE,
    }
)
"""Reasons that apply to people who are on the list, or are being added to it."""

_DEPARTED = frozenset(code for code in Code if code.startswith("DEPARTED_"))
_OFF = _DEPARTED | {
    Code.CIVICRM_REMOVED,
    Code.MAILCHIMP_LEFT,
    Code.CV_NO_ADDRESS,
    Code.CV_OTHER_ADDRESS,
    Code.MC_COMPLIANCE,
    Code.MC_OPTED_OUT,
    Code.MC_MUST_REJOIN,
    Code.MC_FORGOTTEN,
    Code.MC_BOUNCED,
    Code.MC_MEMBER_GONE,
}
"""Reasons that apply to people who are off the list; not `NOT_SUBSCRIBED`, which doesn't say why."""

_IN_GROUP = frozenset(
    {
        Code.IN_SYNC,
        Code.CIVICRM_ADDED,
        Code.CIVICRM_BACK,
        Code.MAILCHIMP_SUBSCRIBED,
        Code.MAILCHIMP_NEW_PERSON,
        Code.INTERESTS_CHANGED,
        Code.CV_NO_ADDRESS,
        Code.CV_BAD_ADDRESS,
        Code.CV_ON_HOLD,
        Code.CV_DO_NOT_EMAIL,
        Code.CV_OPTED_OUT,
        Code.CV_DECEASED,
        Code.CV_SHARED_ADDRESS,
    }
)
"""Reasons that imply that the contact is in the group."""

_LEFT_GROUP = frozenset(
    {Code.CIVICRM_REMOVED, Code.MAILCHIMP_LEFT, Code.CIVICRM_LEFT_ALONE, Code.CV_CONTACT_GONE, Code.NOT_SUBSCRIBED}
)
"""Reasons that imply that the contact isn't in the group."""

_OFF_BY = {
    MemberStatus.UNSUBSCRIBED: say("Unsubscribed at Mailchimp%(since)s."),
    MemberStatus.CLEANED: say("Mailchimp has cleaned the address%(since)s: e-mail to it bounced."),
    MemberStatus.ARCHIVED: say("Archived at Mailchimp%(since)s."),
    MemberStatus.TRANSACTIONAL: say("At Mailchimp, they get transactional e-mail only."),
    None: say("Not a member of the audience at Mailchimp."),
}
_WORK = {
    SyncStatus.TODO: say("Something has changed since then. The next sync decides about it."),
    SyncStatus.LIVE: say("An update is on its way to Mailchimp."),
    SyncStatus.REDO: say("Mailchimp refused an update. The next sync tries another way."),
    SyncStatus.OK: say("Nothing is outstanding."),
}
_WAIT = {
    SyncStatus.TODO: say("What to do: nothing. For a decision now, run `mailchimpsync sync`."),
    SyncStatus.LIVE: say("What to do: nothing. A sync reads Mailchimp's response, usually within minutes."),
    SyncStatus.REDO: say("What to do: nothing. The next sync sends the update and reads Mailchimp's response."),
}


@dataclass(frozen=True, slots=True)
class Event:
    """The newest journal entry that put the person on the list or took them off, or that was refused."""

    entry: EntrySentence
    effect: Effect
    reason: str

    @property
    def leads_to(self) -> Position:
        """The person's position after the event."""
        if self.effect.what is What.REFUSED:
            return Position.OFF
        if self.effect.new == MemberStatus.PENDING:
            return Position.ASKED
        return Position.ON if self.effect.new in (MemberStatus.SUBSCRIBED, GroupStatus.ADDED) else Position.OFF


@dataclass(frozen=True, slots=True)
class PersonState:
    """What is known about a person in one connection; `since` is when their Mailchimp status began, if known."""

    mailchimp_status: str | None
    since: datetime | None
    group: GroupState
    has_contact: bool
    sync_status: str | None
    reason: str | None
    detail: str | None = None
    event: Event | None = None
    resubscribe: Resubscribe = Resubscribe.ASK

    @property
    def position(self) -> Position:
        """Whether they are on the list."""
        if self.mailchimp_status == MemberStatus.PENDING:
            return Position.ASKED
        return Position.ON if self.mailchimp_status == MemberStatus.SUBSCRIBED else Position.OFF

    @property
    def code(self) -> Code | None:
        """The reason of the last decision, if it still fits what both sides say now."""
        if self.reason is None or self.reason not in Code.__members__:
            return None
        code = Code(self.reason)
        return code if self._still_holds(code) else None

    def _still_holds(self, code: Code) -> bool:
        is_off = self.position is Position.OFF
        misplaced = (code in _ON and is_off) or (code in _OFF and self.position is Position.ON)
        elsewhere = code in (_LEFT_GROUP if self.group.is_added else _IN_GROUP)
        return not misplaced and not elsewhere


def since(time: datetime | None) -> str:
    """Return when something began, in brackets; empty if that is not known."""
    return say(" (since %(time)s)", time=moment(time)) if time else ""


def opening_sentences(known: PersonState) -> Iterator[str]:
    """Yield the headline, what is under way, and what can be done now."""
    yield _headline(known)
    if known.sync_status == SyncStatus.FAIL:
        yield from _failure_sentences(known)
        return
    status = SyncStatus(known.sync_status) if known.sync_status in set(SyncStatus) else SyncStatus.TODO
    yield _WORK[status]
    yield _WAIT.get(status) or _next_steps(known)


def _headline(known: PersonState) -> str:
    why = _cause(known)
    if known.position is Position.ON:
        return say("On the list: %(why)s", why=why)
    if known.position is Position.ASKED:
        return say("Not on the list yet: %(why)s", why=why)
    return say("Not on the list: %(why)s", why=why)


def _cause(known: PersonState) -> str:
    event, code = known.event, known.code
    if known.position is Position.ASKED:  # the update that made Mailchimp ask may have been meant to subscribe them
        return _state_sentence(known)
    if event is not None and _is_the_cause(event, known):
        return say(
            "%(why)s On %(time)s, %(what)s, %(by)s.",
            why=say(event.entry.why),
            time=moment(event.entry.time),
            what=event.entry.what,
            by=event.entry.by,
        )
    if code is not None and _gives_reason(code, known):
        return say(explain_code(code).sentence)
    return _state_sentence(known)


def _gives_reason(code: Code, known: PersonState) -> bool:
    """Only a last decision that is done, or can't be done, is a cause; one under way isn't yet."""
    if known.sync_status == SyncStatus.FAIL:
        return known.position is Position.OFF
    is_settled = known.sync_status == SyncStatus.OK
    return is_settled and code in {Position.ON: _ON, Position.OFF: _OFF}.get(known.position, ())


def _is_the_cause(event: Event, known: PersonState) -> bool:
    """An event is the cause while the person is where it put them and nothing else is known to keep them there."""
    if event.leads_to is not known.position:
        return False
    if known.sync_status == SyncStatus.FAIL and known.position is Position.OFF and known.code is not None:
        return event.reason == known.code
    if event.reason == known.code:
        return True
    return known.group.is_added is (known.position is not Position.OFF)


def _state_sentence(known: PersonState) -> str:
    when = since(known.since)
    if known.position is Position.ON:
        return say("Subscribed at Mailchimp%(since)s.", since=when)
    if known.position is Position.ASKED:
        return say("Mailchimp has asked them to confirm%(since)s, and they haven't yet.", since=when)
    if known.mailchimp_status is None or known.mailchimp_status in _OFF_BY:
        status = MemberStatus(known.mailchimp_status) if known.mailchimp_status else None
        return say(_OFF_BY[status], since=when)
    return say("Their status at Mailchimp is %(status)s.", status=known.mailchimp_status)


def _failure_sentences(known: PersonState) -> Iterator[str]:
    code, entry = known.code, explain_code(known.reason)
    if code is None:
        yield say("The last sync couldn't make the change that was due. Its reason no longer applies.")
        yield say("What to do: run `mailchimpsync sync`, which checks again.")
        return
    detail = say(" The other system says: %(said)s", said=known.detail) if known.detail else ""
    whose = say(" (%(who)s)", who=say(entry.who.value)) if entry.who is not Who.NOBODY else ""
    if known.position is Position.OFF:
        yield say("This person can't be synced.%(detail)s", detail=detail)
    else:
        why = say(entry.sentence)
        yield say("This person can't be synced: %(why)s%(detail)s", why=why, detail=detail)
    yield say("What to do%(whose)s: %(remedy)s", whose=whose, remedy=say(entry.remedy))


def _next_steps(known: PersonState) -> str:
    departure = _departure(known)
    if departure is not None:
        return say("What to do: %(remedy)s", remedy=say(explain_code(departure).remedy))
    if known.position is Position.ASKED:
        return say("What you can do: nothing. Only they can confirm, with the link in the e-mail from Mailchimp.")
    if known.position is Position.ON:
        return _steps_to_remove(known)
    if known.group.is_added:
        return say("What to do: run `mailchimpsync sync --since ever`, which reads both sides again.")
    return _steps_to_resubscribe(known)


def _departure(known: PersonState) -> str | None:
    """Return why a sync removed the person because of their contact in CiviCRM, even if a later run only agreed."""
    if known.code in _DEPARTED or known.code is Code.CIVICRM_LEFT_ALONE:
        return known.code
    event = known.event
    is_cause = event is not None and known.position is Position.OFF and _is_the_cause(event, known)
    return event.reason if event is not None and is_cause and event.reason in _DEPARTED else None


def _steps_to_remove(known: PersonState) -> str:
    if known.group.is_added:
        return say("What you can do: to take them off, remove the contact from the group in CiviCRM.")
    return say("What to do: run `mailchimpsync sync --since ever`, which reads both sides again.")


def _steps_to_resubscribe(known: PersonState) -> str:
    if known.mailchimp_status == MemberStatus.CLEANED:
        return say(
            "What you can do: give the contact an address that works, and add the contact to the group in CiviCRM."
        )
    if known.mailchimp_status == MemberStatus.UNSUBSCRIBED and known.resubscribe is Resubscribe.NEVER:
        return say("What you can do: nothing. They can re-subscribe with a Mailchimp form.")
    if not known.has_contact:
        return say(
            "What you can do: if they want to be on the list, add a contact with this address to the group in CiviCRM."
        )
    return say(
        "What you can do: if they want to be on the list, add the contact to the group in "
        "CiviCRM. Mailchimp may ask them to confirm."
    )
