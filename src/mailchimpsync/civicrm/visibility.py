"""What the key's user sees of contacts that are not there any more: the trash, and where merged contacts went.

CiviCRM hides both without a word from a user who lacks the right, so that each looks like a deletion.
Why it is asked so: docs/decisions/what-is-not-visible-is-not-gone.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailchimpsync.civicrm.client import Call
from mailchimpsync.civicrm.rights import SEES_ACTIVITIES, SEES_TRASH, Results, is_shown, is_surely_granted

CALLS: Mapping[str, Call] = {"trash": SEES_TRASH, "merges": SEES_ACTIVITIES}


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whether contacts in the trash are surely seen, and whether it is seen where merged contacts went.

    A trash in which nothing is seen proves nothing: it may be empty, or hidden.
    """

    trash: bool
    merges: bool


SEES_EVERYTHING = Visibility(trash=True, merges=True)
SEES_NOTHING = Visibility(trash=False, merges=False)


def visibility_of(results: Results) -> Visibility:
    """Return what the calls found; what was not answered is not seen."""
    return Visibility(trash=is_shown(results["trash"]), merges=is_surely_granted(results["merges"]))
