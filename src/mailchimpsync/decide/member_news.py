"""What changed at Mailchimp of one member and CiviCRM is to be told. Pure; see docs/decisions/effects-by-reading.md.

`store.members` says the same in SQL, for whole pages; a contract test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, MemberStatus

Names = Mapping[str, str]

TAGS = {"first_name": "FNAME", "last_name": "LNAME"}
"""The merge field of each name."""


def names_before(noted: Names | None, known: Names | None, now: Names, sent: Mapping[str, str] = {}) -> Names | None:
    """Return the names that CiviCRM was last told of, None where the member has no others.

    Args:
        noted: what was to be told already.
        known: the names the member had when it was last looked at; None: it never was.
        now: the names it has.
        sent: the merge fields that we sent since: CiviCRM knows them.
    """
    before = noted or known
    if before is None:
        return None
    ours = {part: sent[tag] for part, tag in TAGS.items() if sent.get(tag)}
    before = {**before, **ours}
    return before if noted or before != now else None


def hold_reason(noted: str | None, before: str | None, now: str | None) -> str | None:
    """Return why the address is to be put on hold: it bounced between two readings, and nobody has come back since."""
    if now in SUBSCRIBED_STATUSES:
        return None
    bounced = now == MemberStatus.CLEANED and before not in (None, now)
    return Code.MAILCHIMP_BOUNCED.value if bounced else noted


def changed_names(before: Names, now: Names) -> dict[str, str]:
    """Return the names that changed at Mailchimp; one that is empty there says nothing."""
    return {part: now[part] for part in TAGS if now.get(part) and now[part] != before.get(part)}
