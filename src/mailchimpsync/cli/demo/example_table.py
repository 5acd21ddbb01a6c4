"""A table with one person of each kind, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import FailedRow
from mailchimpsync.cli.demo.both_sides import CivicrmSide, MailchimpSide
from mailchimpsync.errors import Code
from mailchimpsync_sandbox.world import Example

_REASONS: Mapping[str, str] = {
    Code.CV_NO_ADDRESS: "no address",
    Code.CV_BAD_ADDRESS: "bad address",
    Code.CV_ON_HOLD: "on hold",
    Code.CV_DO_NOT_EMAIL: "do not email",
    Code.CV_OPTED_OUT: "opted out",
    Code.CV_DECEASED: "deceased",
    Code.CV_SHARED_ADDRESS: "shared box",
    Code.MC_BOUNCED: "mail bounces",
    Code.MC_FORGOTTEN: "erased there",
}


def show_examples(
    console: Console,
    examples: Sequence[Example],
    civicrm: CivicrmSide,
    mailchimp: MailchimpSide,
    group_id: int,
    failures: Sequence[FailedRow],
) -> None:
    """Print one person of each kind: their name, the state before, and the state now according to both sides."""
    reasons = {failure.contact_id: failure.reason for failure in failures}
    table = Table(title="One person of each kind", title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("Who", width=22, no_wrap=True)
    table.add_column("Before", width=50)
    table.add_column("Now", width=24)
    for one in examples:
        contacts = _contacts_of(one, civicrm)
        addresses = {address for contact in contacts for address in civicrm.addresses[contact]} | {one.address or ""}
        statuses = {mailchimp.statuses.get(address) for address in addresses}
        is_in_group = bool(contacts & civicrm.groups[group_id])
        reason = next((reasons[contact] for contact in contacts if contact in reasons), "")
        words, style = _current_state(statuses, reason, is_in_group=is_in_group)
        table.add_row(Text(one.name), Text(one.description, style="dim"), Text(words, style=style))
    console.print(table)
    console.print()


def _contacts_of(one: Example, civicrm: CivicrmSide) -> set[int]:
    owners = {contact for contact, addresses in civicrm.addresses.items() if one.address in addresses}
    return owners if one.contact_id is None else {one.contact_id}


def _current_state(statuses: set[str | None], reason: str, *, is_in_group: bool) -> tuple[str, str]:
    if "subscribed" in statuses:
        return ("on the list, both sides", "good") if is_in_group else ("only at Mailchimp", "warn")
    if "pending" in statuses:
        return ("asked to confirm", "good") if is_in_group else ("only at Mailchimp", "warn")
    if is_in_group:
        return f"not mailed: {_REASONS.get(reason, reason or 'unknown')}", "warn"
    return "off the list, both sides", "good"
