"""What the key's user sees of contacts that are not there any more.

CiviCRM silently hides the trash, and where merged contacts went, from a user who lacks “access deleted contacts”, so
that each looks like a deletion.
Why it is checked this way: docs/decisions/hidden-contacts.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailchimpsync.civicrm.checks.rights import SEES_TRASH, Results, is_shown
from mailchimpsync.civicrm.http.client import Call

CALLS: Mapping[str, Call] = {"trash": SEES_TRASH}


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whether contacts in the trash are certainly visible, and with them where merged contacts went.

    A trash in which nothing is seen proves nothing: it may be empty, or hidden.
    """

    trash: bool


SEES_EVERYTHING = Visibility(trash=True)
SEES_NOTHING = Visibility(trash=False)


def visibility_of(results: Results) -> Visibility:
    """Return what the calls found; what was not answered counts as not visible."""
    return Visibility(trash=is_shown(results["trash"]))
