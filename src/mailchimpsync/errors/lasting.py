"""Causes that may pass, and what to do when they do not (docs/decisions/one-model-of-truth.md)."""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.errors.codes import Code
from mailchimpsync.errors.registry import REGISTRY

OF_ACCESS = frozenset({Code.MC_AUTH, Code.MC_FORBIDDEN, Code.MC_DISABLED, Code.MC_PLAN})
"""Refusals that are about the key or the account, not about a person."""

MAY_PASS = OF_ACCESS | {Code.MC_THROTTLED, Code.MC_BATCHES_FULL, Code.MC_UNAVAILABLE, Code.MC_ODD_ANSWER}
"""Refusals of a single operation that may pass: the same is tried again."""

LASTS_AFTER = 3
"""So many calls in a row with the same error, or refusals of the same change, are no passing fault."""

_REMEDIES: Mapping[Code, str] = {
    Code.MC_THROTTLED: "Find out which other programs use this Mailchimp account's connections, and stop or space "
    "them out. If there are none, ask Mailchimp's support why the account is limited.",
    Code.MC_BATCHES_FULL: "Find out which program sends so many batches to this account, and stop it or space it "
    "out. If there is none, ask Mailchimp's support why its batches are not worked on.",
    Code.MC_UNAVAILABLE: "Check from this machine that Mailchimp can be reached (DNS, firewall, proxy, certificates), "
    "and look at Mailchimp's status page.",
    Code.MC_ODD_ANSWER: "Look for a proxy or a filter between this machine and Mailchimp that changes answers.",
    Code.MC_INCOMPLETE: "Look for a program that changes the audience all the time, and pause it for one sync.",
    Code.CV_UNAVAILABLE: "Check from this machine that the CiviCRM site can be reached, and look at its log.",
    Code.CV_ODD_ANSWER: "Look at the CiviCRM site's log, and for a proxy or a maintenance page in front of it.",
    Code.CV_API: "Look at the CiviCRM site's log for the error behind it.",
    Code.STORE_LOCKED: "Find out which process keeps the database locked, and end it.",
    Code.BATCH_LOST: "Look at the log of the runs, and whether Mailchimp's results can be fetched from this machine.",
    Code.OUT_OF_TIME: "Allow more time, or look why one side answers so slowly.",
}
_IN_GENERAL = "Look at the log of the last runs; the fault does not go away without somebody's help."


def remedy_of_lasting(code: Code) -> str:
    """Return what to do about an error that has come back again and again: never nothing."""
    usual = REGISTRY[code].remedy
    return _REMEDIES.get(code) or (_IN_GENERAL if usual.startswith("Nothing") else usual)
