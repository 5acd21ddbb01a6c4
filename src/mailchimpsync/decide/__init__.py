"""The pure rules: what one row needs, and why. No I/O, no clock (docs/decisions/pure-rules.md)."""

from mailchimpsync.decide.eligibility import OBSTACLES, Address, best_address, obstacle_to_subscribing
from mailchimpsync.decide.limits import Excess, Subject, excesses, kinds_of
from mailchimpsync.decide.rules import decide
from mailchimpsync.decide.situation import Decision, Refusal, Situation
from mailchimpsync.decide.subscription import DEPARTED, has_left

__all__ = [
    "DEPARTED",
    "OBSTACLES",
    "Address",
    "Decision",
    "Excess",
    "Refusal",
    "Situation",
    "Subject",
    "best_address",
    "decide",
    "excesses",
    "has_left",
    "kinds_of",
    "obstacle_to_subscribing",
]
