"""The pure rules: what one row needs, and why. No I/O, no clock (docs/decisions/pure-rules.md)."""

from mailchimpsync.decide.dates import DecidingDates, deciding_dates
from mailchimpsync.decide.departures import DEPARTED
from mailchimpsync.decide.eligibility import OBSTACLES, Address, best_address, obstacle_to_subscribing
from mailchimpsync.decide.limits import Excess, Subject, excesses, kinds_of
from mailchimpsync.decide.only_in_group import has_left
from mailchimpsync.decide.rules import decide
from mailchimpsync.decide.situation import (
    Contact,
    Decision,
    Gone,
    Member,
    NewAddress,
    Nobody,
    Others,
    Refusal,
    Situation,
)

__all__ = [
    "DEPARTED",
    "OBSTACLES",
    "Address",
    "Contact",
    "DecidingDates",
    "Decision",
    "Excess",
    "Gone",
    "Member",
    "NewAddress",
    "Nobody",
    "Others",
    "Refusal",
    "Situation",
    "Subject",
    "best_address",
    "decide",
    "deciding_dates",
    "excesses",
    "has_left",
    "kinds_of",
    "obstacle_to_subscribing",
]
