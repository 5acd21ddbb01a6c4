"""What a person needs to decide about a plan, in their language: what its button does, and the usual questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from mailchimpsync.actions import Names, Plan
from mailchimpsync.actions.plans.words import (
    burst_method,
    burst_words,
    deed,
    is_dangerous,
    sending_of,
    what_it_costs,
    who_gets_mail,
    who_is_removed,
)
from mailchimpsync.actions.texts.lanes import sending_in_words
from mailchimpsync.config import Link
from mailchimpsync.model import LaneChoice
from mailchimpsync.web.templatetags.screens import number, translated


@dataclass(frozen=True, slots=True)
class ShownBurst:
    """People who were changed shortly after each other."""

    what: str
    how: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class PlanDecision:
    """A plan as somebody decides about it.

    Attributes:
        deed: what carrying it out does, as the text of a button.
        deed_now, deed_later: the same, done at once or by the next sync.
        is_dangerous: whether it takes people off a list.
        bursts: what led to it.
        sending: how its updates go to Mailchimp, and for how long; empty: it sends nothing.
        mail, removed, cost: the answers to the usual questions.
        failing: how many people can't be synced, or what a run did to how many can't be undone.
    """

    deed: str
    deed_now: str
    deed_later: str
    is_dangerous: bool
    bursts: tuple[ShownBurst, ...]
    sending: str
    mail: tuple[str, ...]
    removed: tuple[str, ...]
    cost: tuple[str, ...]
    failing: int


def plan_decision(plan: Plan, link: Link | None, names: Names) -> PlanDecision:
    """Return what is shown of a plan to decide about it."""
    ways = sending_of(plan, link.lane if link is not None else LaneChoice.AUTO)
    does = translated(deed(plan, number))
    return PlanDecision(
        deed=capfirst(does),
        deed_now=capfirst(_("%(deed)s now") % {"deed": does}),
        deed_later=capfirst(_("%(deed)s at the next sync") % {"deed": does}),
        is_dangerous=is_dangerous(plan),
        bursts=tuple(_bursts(plan, _with_group_of(link, names))),
        sending=translated(sending_in_words(ways, number)) if ways else "",
        mail=tuple(map(translated, who_gets_mail(plan, number))),
        removed=tuple(map(translated, who_is_removed(plan, number))),
        cost=tuple(map(translated, what_it_costs(plan, number))),
        failing=sum(one.count for one in plan.failures),
    )


def _bursts(plan: Plan, names: Names) -> Iterable[ShownBurst]:
    for burst in plan.bursts:
        words, how = burst_words(burst, names, number), burst_method(burst)
        yield ShownBurst(translated(words), translated(how), burst.begin, burst.end)


def _with_group_of(link: Link | None, names: Names) -> Names:
    """Return names with that of the subscription group, which the configuration has too."""
    if link is None or not link.group_title:
        return names
    return Names(names.interests, {link.group_id: link.group_title, **names.groups}, names.categories)
