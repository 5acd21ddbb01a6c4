"""Output of `mailchimpsync connect`: what has changed and what has stayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from mailchimpsync.actions.configuration.new_members import differs, new_members_sentence
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.config import Link, Schedule
from mailchimpsync.mailchimp import Interest


def print_connection(before: Link | None, link: Link, interests: Sequence[Interest], titles: Mapping[int, str]) -> None:
    """Print a connection, and for one that existed before, what has stayed the same."""
    console = stdout()
    done = "Connected: " if before is None else "Changed: " if before != link else "Nothing changed: "
    print_sentence(console, Text.assemble(("✓ ", "good"), done, (link.title, "bold")))
    for one in interests:
        group = link.interests.get(one.id)
        text = f"{titles.get(group, '')} (group {group})" if group is not None else "not connected"
        kept = before is not None and group is not None and before.interests.get(one.id) == group
        print_sentence(console, Text(f"    {one.category}: {one.name} ↔ {text}{', as before' if kept else ''}"))
    if before is not None:
        print_sentence(console, Text(f"    Kept: {', '.join(_kept(before, link))}."))
    if before is not None and before.connection.group_ids != link.connection.group_ids:
        print_sentence(
            console, Text("The linked groups have changed, so the next sync is a full sync, like the first one.")
        )


def print_new_members(link: Link, *, double_optin: bool) -> None:
    """Print whether Mailchimp asks new members to confirm."""
    style = "warn" if differs(link, double_optin=double_optin) else ""
    print_sentence(stdout(), Text(new_members_sentence(link, double_optin=double_optin), style=style))


def print_warnings(sentences: Sequence[str]) -> None:
    """Print warnings about a connection, such as groups whose child groups aren't synced."""
    for one in sentences:
        print_sentence(stdout(), Text.assemble(("! ", "warn"), one))


def print_next_steps() -> None:
    """Print the next step."""
    print_sentence(stdout(), Text("Next: `mailchimpsync plan`"))


def _kept(before: Link, link: Link) -> Iterator[str]:
    if before.group_id == link.group_id:
        yield f"subscription group {link.group_title or link.group_id}"
    if before.resubscribe == link.resubscribe:
        yield f"resubscribe “{link.resubscribe.value}”"
    if before.schedule == link.schedule:
        yield f"schedule ({_schedule(link.schedule)})"
    if link.signing_secret is not None and before.signing_secret == link.signing_secret:
        yield "signing secret"
    if before.account == link.account:
        yield f"account “{link.account}” and its webhook secret"


def interval_in_words(minutes: int) -> str:
    """Return how often a connection is synced."""
    return "every minute" if minutes == 1 else f"every {minutes} minutes"


def _schedule(schedule: Schedule) -> str:
    if not schedule.enabled:
        return "off"
    when = f"cron {schedule.cron}" if schedule.cron else interval_in_words(schedule.every_minutes)
    return f"{when}, quiet {schedule.quiet}" if schedule.quiet else when
