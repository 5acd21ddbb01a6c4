"""Which side wins if the two differ: the three-way rule (docs/decisions/three-way.md)."""

from __future__ import annotations

from datetime import datetime

from mailchimpsync.model import GroupState, Side


def winner(*, in_mailchimp: bool, base: bool | None, group: GroupState, mailchimp_date: datetime | None) -> Side:
    """Return the side whose value counts where a group and its counterpart at Mailchimp differ.

    If CiviCRM knows nothing of the contact in the group, Mailchimp wins, even against the base: silence is weak
    evidence. Otherwise the side that changed since the base wins; without a base, the later date; a tie is CiviCRM's
    (docs/reference/php-extension.md#which-side-wins).
    """
    if group.status is None:
        return Side.MAILCHIMP
    if base is not None:
        return Side.MAILCHIMP if in_mailchimp != base else Side.CIVICRM
    return later(group, mailchimp_date)


def later(group: GroupState, mailchimp_date: datetime | None) -> Side:
    """Return the side with the later date. Without a CiviCRM date, Mailchimp; without a Mailchimp date, CiviCRM."""
    if group.date is None:
        return Side.MAILCHIMP
    if mailchimp_date is None or group.date >= mailchimp_date:
        return Side.CIVICRM
    return Side.MAILCHIMP
