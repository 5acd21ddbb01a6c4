"""Prints what there is to take over from the PHP extension, and what was done."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from mailchimpsync.actions import Site
from mailchimpsync.actions.takeover.back import WentBack
from mailchimpsync.actions.takeover.rows import RowCounts
from mailchimpsync.actions.takeover.switch import TakenOverSite
from mailchimpsync.actions.takeover.understanding import Understanding
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.findings import show_findings
from mailchimpsync.config import mask
from mailchimpsync.errors import REGISTRY


def print_understanding(site: Site, found: Understanding) -> None:
    """Print what was understood: accounts, connections, rows, the job, webhooks, and what isn't taken over."""
    for account in dict.fromkeys(link.account for link in found.links):
        key = found.found.configuration.accounts[account].api_key.get_secret_value()
        _line("", Text.assemble((account, "bold"), f"  API key {mask(key)}"))
        for link in found.links:
            if link.account == account:
                known = "" if link.audience_id in found.new else "  (already connected here)"
                _line("  ", Text.assemble((link.title, "bold"), f"  group {link.group_id}{known}"))
                for interest, group in found.interests_of(link):
                    _line("    ", Text(f"{interest} ↔ {group}"))
                for line in _rows(found.rows[link.audience_id]):
                    _line("    ", line)
    for job in found.jobs:
        _line("", Text(f"Scheduled job “{job.name}”: {'on' if job.is_active else 'off'}"))
    _line("", Text(f"Webhooks of the extension at Mailchimp: {len(found.webhooks)}"))
    if found.work.unsent:
        _line("", Text(f"Updates that the extension has not sent: {found.work.unsent:,}. They are decided again here."))
    for sentence in (*found.found.notes, *found.waits_for):
        _line("", Text.assemble(("! ", "warn"), sentence))
    if site.settings.public_url is None:
        words = "No public_url is set, so Mailchimp can't report changes at once. They arrive with the next sync."
        _line("", Text.assemble(("! ", "warn"), words))


def _rows(counts: RowCounts) -> Iterator[Text]:
    in_sync = counts.by_status["ok"]
    yield Text(f"{counts.rows:,} rows, {in_sync:,} of them in sync; both sides agreed on {counts.agreed:,}")
    for code, number in counts.failed.most_common():
        yield Text(f"can't be synced: {number:,}  {REGISTRY[code].sentence} [{code.value}]")
    if counts.unreadable:
        yield Text.assemble(("! ", "warn"), f"rows whose interests can't be read: {counts.unreadable:,}")


def print_taken_over(done: TakenOverSite) -> None:
    """Print what the switch has done."""
    for link in done.links:
        number = done.rows[link.audience_id]
        taken = "synced here before, so its records stay" if number is None else f"members taken over: {number:,}"
        _line("", Text.assemble(("✓ ", "good"), f"{link.title}: {taken}."))
    _line("", Text.assemble(("✓ ", "good"), "The extension's scheduled job is off."))
    if done.webhooks_deleted:
        _line("", Text.assemble(("✓ ", "good"), f"Webhooks of the extension deleted: {done.webhooks_deleted}."))
    show_findings(stdout(), done.webhooks)
    _line("", Text("To go back within seven days: `mailchimpsync takeover --back`"))


def print_went_back(done: WentBack) -> None:
    """Print what was restored."""
    for title in done.removed:
        _line("", Text.assemble(("✓ ", "good"), f"{title} is no longer connected here."))
    words = f"The extension syncs again: jobs turned on: {done.jobs}, webhooks made again: {done.webhooks}."
    _line("", Text.assemble(("✓ ", "good"), words))
    for sentence in done.refused:
        _line("", Text.assemble(("! ", "warn"), sentence))


def _line(indent: str, text: Text) -> None:
    print_sentence(stdout(), Text.assemble(indent, text))
