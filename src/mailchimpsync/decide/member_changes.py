"""What changed for a member at Mailchimp and has to be written to CiviCRM. Pure.

See docs/decisions/effects-by-reading.md. `store.cache.members` has the same rules in SQL, for whole pages; a contract
test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, MemberStatus

Names = Mapping[str, str]

MERGE_FIELDS = {"first_name": "FNAME", "last_name": "LNAME"}
"""The merge field for each name."""


def merge_fields_of(first_name: str, last_name: str) -> dict[str, str]:
    """Return a new member's names as merge fields; an empty one isn't sent."""
    names = {MERGE_FIELDS["first_name"]: first_name, MERGE_FIELDS["last_name"]: last_name}
    return {tag: name for tag, name in names.items() if name}


def names_before(noted: Names | None, known: Names | None, now: Names, sent: Mapping[str, str] = {}) -> Names | None:
    """Return the names CiviCRM last had, or None if the member's names haven't changed.

    Args:
        noted: the earlier names of a change that CiviCRM doesn't have yet.
        known: the names when the member was last read; None: it never was.
        now: the current names.
        sent: merge fields we have sent since, which CiviCRM therefore has.
    """
    before = noted or known
    if before is None:
        return None
    ours = {part: sent[tag] for part, tag in MERGE_FIELDS.items() if sent.get(tag)}
    before = {**before, **ours}
    return before if noted or before != now else None


def hold_reason(noted: str | None, before: str | None, now: str | None) -> str | None:
    """Return why to put the address on hold: it bounced since the last reading, and isn't subscribed again."""
    if now in SUBSCRIBED_STATUSES:
        return None
    bounced = now == MemberStatus.CLEANED and before not in (None, now)
    return Code.MAILCHIMP_BOUNCED.value if bounced else noted


def changed_names(before: Names, now: Names) -> dict[str, str]:
    """Return the names that changed at Mailchimp; a name that is empty there is ignored."""
    return {part: now[part] for part in MERGE_FIELDS if now.get(part) and now[part] != before.get(part)}
