"""A plan in words, for every interface: what its button does, what led to it, what it costs, who gets mail by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from mailchimpsync.actions.plans.summary import Burst, Dates, Plan
from mailchimpsync.actions.texts.names import Names, with_names
from mailchimpsync.decide.lanes import Share, shares
from mailchimpsync.errors import Code
from mailchimpsync.messages import Message, join, moment, say
from mailchimpsync.model import ChangeKind, LaneChoice

KINDS_NAMED_MAX = 3

Number = Callable[[int], str]
"""Writes a number for people."""

NO_NAMES = Names()
_PLAIN: Number = "{:,}".format

KIND_WORDS: Mapping[ChangeKind, Message] = {
    ChangeKind.UNSUBSCRIBE: say("unsubscribed or archived at Mailchimp"),
    ChangeKind.REMOVE: say("removed from groups in CiviCRM"),
    ChangeKind.ADD: say("subscribed at Mailchimp"),
    ChangeKind.ASK: say("asked by Mailchimp to confirm"),
    ChangeKind.JOIN: say("added to groups in CiviCRM"),
    ChangeKind.CREATE: say("contacts created in CiviCRM"),
    ChangeKind.INTERESTS: say("interests changed at Mailchimp"),
    ChangeKind.CORRECT: say("contacts corrected in CiviCRM (name, address, hold)"),
    ChangeKind.DATA: say("with changed data at Mailchimp"),
}
"""What a plan does, behind a number of people."""

DEEDS: Mapping[ChangeKind, Message] = {
    ChangeKind.UNSUBSCRIBE: say("unsubscribe %(people)s"),
    ChangeKind.REMOVE: say("remove %(people)s from groups"),
    ChangeKind.ADD: say("subscribe %(people)s"),
    ChangeKind.ASK: say("ask %(people)s to confirm"),
    ChangeKind.JOIN: say("add %(people)s to groups"),
    ChangeKind.CREATE: say("create contacts for %(people)s"),
    ChangeKind.INTERESTS: say("change interests of %(people)s"),
    ChangeKind.CORRECT: say("correct contacts of %(people)s"),
    ChangeKind.DATA: say("update data of %(people)s"),
}
"""What a button does that carries a plan out."""

_DANGEROUS = (ChangeKind.UNSUBSCRIBE, ChangeKind.REMOVE)

_BURSTS: Mapping[str, Message] = {
    Code.CIVICRM_REMOVED: say("%(people)s people were removed from the group %(group)s in CiviCRM"),
    Code.CIVICRM_ADDED: say("%(people)s people were added to the group %(group)s in CiviCRM"),
    Code.MAILCHIMP_LEFT: say("%(people)s people left at Mailchimp, by Mailchimp's dates"),
    Code.MAILCHIMP_SUBSCRIBED: say("%(people)s people subscribed at Mailchimp, by Mailchimp's dates"),
    Code.MAILCHIMP_NEW_PERSON: say("%(people)s people subscribed at Mailchimp, by Mailchimp's dates"),
}


def is_dangerous(plan: Plan) -> bool:
    """Return whether a plan takes people off a list."""
    return any(plan.counts.get(kind) for kind in _DANGEROUS)


def deed(plan: Plan, shown: Number = _PLAIN) -> Message:
    """Return what carrying out a plan does, the dangerous kinds first: “unsubscribe 3 people and subscribe 120”."""
    found = [(kind, plan.counts[kind]) for kind in ChangeKind if plan.counts.get(kind)]
    if not found:
        return say("change nothing")
    named = [_deed(kind, number, shown, is_first=not place) for place, (kind, number) in enumerate(found)]
    if len(named) > KINDS_NAMED_MAX:
        named = [*named[: KINDS_NAMED_MAX - 1], say("more")]
    if len(named) == 1:
        return named[0]
    return say("%(before)s and %(last)s", before=join(", ", named[:-1]), last=named[-1])


def _deed(kind: ChangeKind, number: int, shown: Number, *, is_first: bool) -> Message:
    return say(DEEDS[kind], people=_people(number, shown) if is_first else shown(number))


def _people(number: int, shown: Number) -> Message:
    return say("1 person") if number == 1 else say("%(number)s people", number=shown(number))


def burst_words(burst: Burst, names: Names = NO_NAMES, shown: Number = _PLAIN) -> str:
    """Return what happened to people who were changed shortly after each other."""
    words = _BURSTS.get(burst.reason, say("%(people)s people were changed"))
    return with_names(say(words, people=shown(burst.people), group=burst.group_id), names)


def burst_method(burst: Burst) -> Message | None:
    """Return how they were changed, if it was in one way; CiviCRM's history doesn't have the user."""
    return say("all with CiviCRM's method “%(method)s”", method=burst.method) if burst.method else None


def burst_line(burst: Burst, names: Names = NO_NAMES) -> str:
    """Return what happened, when, and how."""
    begin, end = moment(burst.begin), moment(burst.end)
    time = f"at {begin}" if begin == end else f"between {begin} and {end}"
    return ", ".join(filter(None, (f"{burst_words(burst, names)} {time}", burst_method(burst))))


def dates_line(dates: Dates, names: Names = NO_NAMES) -> str:
    """Return the dates that decided."""
    words = say(
        "group %(group)s: Mailchimp %(mailchimp)s, CiviCRM %(civicrm)s",
        group=dates["group"],
        mailchimp=moment(dates["mailchimp"]),
        civicrm=moment(dates["civicrm"]),
    )
    return with_names(words, names)


def sending_of(plan: Plan, lane: LaneChoice) -> Sequence[Share]:
    """Return by which lanes a plan's updates would go to Mailchimp; people who return count as new."""
    counts = plan.counts
    new = counts.get(ChangeKind.ADD, 0) + counts.get(ChangeKind.ASK, 0)
    others = counts.get(ChangeKind.INTERESTS, 0) + counts.get(ChangeKind.DATA, 0)
    return shares(counts.get(ChangeKind.UNSUBSCRIBE, 0), new, others, lane)


def bill_words(plan: Plan, shown: Number = _PLAIN) -> Message | None:
    """Return how many contacts Mailchimp bills before and after, and the difference; None: not counted."""
    if not plan.billable:
        return None
    before, after = plan.billable["before"], plan.billable["after"]
    numbers = {"before": shown(before), "after": shown(after), "difference": shown(abs(after - before))}
    if after > before:
        return say("%(before)s contacts now, %(after)s afterwards: %(difference)s more", **numbers)
    if after < before:
        return say("%(before)s contacts now, %(after)s afterwards: %(difference)s fewer", **numbers)
    return say("%(before)s contacts now, and as many afterwards", **numbers)


def who_gets_mail(plan: Plan, shown: Number = _PLAIN) -> Iterator[Message]:
    """Yield who gets e-mail if a plan is carried out (docs/reference/mailchimp-behaviour.md#writing-members)."""
    asked, added = plan.counts.get(ChangeKind.ASK, 0), plan.counts.get(ChangeKind.ADD, 0)
    if asked:
        yield say("Mailchimp e-mails %(people)s to ask them to confirm.", people=_people(asked, shown))
    if plan.may_be_asked:
        yield say(
            "Mailchimp may ask %(people)s to confirm by e-mail instead of subscribing them at once, because they were "
            "on the list before.",
            people=_people(plan.may_be_asked, shown),
        )
    if added:
        yield say(
            "Subscribing %(people)s sends no e-mail. But if the audience has a welcome e-mail or another automation at "
            "Mailchimp, that may start for them. Check Mailchimp's automations first.",
            people=_people(added, shown),
        )
    if not (asked or plan.may_be_asked or added):
        yield say("Nobody.")


def who_is_removed(plan: Plan, shown: Number = _PLAIN) -> Iterator[Message]:
    """Yield who is taken off a list if a plan is carried out."""
    left, removed = plan.counts.get(ChangeKind.UNSUBSCRIBE, 0), plan.counts.get(ChangeKind.REMOVE, 0)
    if left:
        yield say("%(people)s at Mailchimp: unsubscribed or archived.", people=_people(left, shown))
    if removed:
        yield say("%(people)s in CiviCRM: removed from groups. Their contacts stay.", people=_people(removed, shown))
    if not (left or removed):
        yield say("Nobody, on either side.")


def what_it_costs(plan: Plan, shown: Number = _PLAIN) -> Iterator[Message]:
    """Yield what a plan means for Mailchimp's bill; prices are between the account and Mailchimp."""
    words = bill_words(plan, shown)
    if words is None:
        yield say("This isn't known for this plan.")
        return
    yield say("Mailchimp bills %(contacts)s.", contacts=words)
    if plan.billable["after"] != plan.billable["before"]:
        yield say("What a contact costs depends on your Mailchimp plan.")
