"""Errors that usually pass, and what to do when they don't (docs/decisions/one-model-of-truth.md)."""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.errors.codes import Code
from mailchimpsync.errors.registry import REGISTRY
from mailchimpsync.messages import say

ACCESS_CODES = frozenset({Code.MC_AUTH, Code.MC_FORBIDDEN, Code.MC_DISABLED, Code.MC_PLAN})
"""Refusals that concern the key or the account, not a person."""

TRANSIENT_CODES = ACCESS_CODES | {Code.MC_THROTTLED, Code.MC_BATCHES_FULL, Code.MC_UNAVAILABLE, Code.MC_ODD_ANSWER}
"""Refusals of a single operation that may pass, so the same operation is tried again."""

LASTING_AFTER = 3
"""After this many calls in a row with the same error, or refusals of the same change, a fault counts as lasting."""

_REMEDIES: Mapping[Code, str] = {
    Code.MC_THROTTLED: say(
        "Find out which other programs use this Mailchimp account's connections, and stop them or "
        "run them less often. If there are none, ask Mailchimp's support why the account is throttled."
    ),
    Code.MC_BATCHES_FULL: say(
        "Find out which program sends the batches to this account, and stop it or run it less "
        "often. If there is none, ask Mailchimp's support why the account's batches aren't processed."
    ),
    Code.MC_UNAVAILABLE: say(
        "Check from this machine that Mailchimp can be reached (DNS, firewall, proxy, certificates), "
        "and check Mailchimp's status page."
    ),
    Code.MC_ODD_ANSWER: say("Look for a proxy or a filter between this machine and Mailchimp that changes responses."),
    Code.MC_INCOMPLETE: say("Look for a program that keeps changing the audience, and pause it for one sync."),
    Code.CV_UNAVAILABLE: say("Check from this machine that the CiviCRM site can be reached, and check its log."),
    Code.CV_ODD_ANSWER: say("Check the CiviCRM site's log, and look for a proxy or a maintenance page in front of it."),
    Code.CV_API: say("Look for the underlying error in the CiviCRM site's log."),
    Code.STORE_LOCKED: say("Find out which process keeps the database locked, and stop it."),
    Code.BATCH_LOST: say("Check the log of the runs, and whether this machine can download Mailchimp's results."),
    Code.OUT_OF_TIME: say("Allow more time, or find out why one side responds so slowly."),
}
_IN_GENERAL = say("Check the log of the last runs. The problem won't go away without someone's help.")


def remedy_when_lasting(code: Code) -> str:
    """Return what to do about a lasting error; it is never “nothing”."""
    usual = REGISTRY[code].remedy
    return _REMEDIES.get(code) or (_IN_GENERAL if usual.startswith("Nothing") else usual)
