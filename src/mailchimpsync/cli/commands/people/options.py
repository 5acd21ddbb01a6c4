"""What can be typed to learn about people, or to erase them."""

from __future__ import annotations

from pathlib import Path

import click

from mailchimpsync.cli.declaring import GROUP_ID, JSON, WITHOUT_ASKING, Group, examples, implemented_in

_AUDIENCE_OF = click.option("--group-id", type=int, help="Only the audience of this subscription group.")


@click.command(epilog=examples("explain bella@example.org", "explain 11", "explain bella --limit 5"))
@click.argument("person", metavar="PERSON")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000),
    default=50,
    show_default=True,
    help="Show at most this many history entries.",
)
@JSON
@implemented_in("commands.people.explain:explain_person")
def explain() -> None:
    """Explain why a person is on a list or not, and what happened to them.

    Give a current or former e-mail address, a CiviCRM contact ID, a Mailchimp member ID, or a part of a name. If
    several people match, they are listed.
    """


@click.command(epilog=examples("erase bella@example.org"))
@click.argument("address")
@WITHOUT_ASKING
@JSON
@implemented_in("commands.people.erase:erase_address")
def erase() -> None:
    """Erase ADDRESS for good: permanently at Mailchimp, in every connected audience, and in all records here.

    No sync adds the address again. CiviCRM isn't changed; the contacts with the address there are listed.
    """


@click.command(epilog=examples('include --group "Autumn appeal"', "include --contact-id 11 --contact-id 12"))
@click.option("--group", metavar="TITLE", help="Everyone in this group in CiviCRM, smart or not, by title or number.")
@click.option("--contact-id", "contact_ids", type=int, multiple=True, help="This contact. Repeatable.")
@JSON
@implemented_in("commands.people.include:include_people")
def include() -> None:
    """Have the next sync decide about people again, in every audience.

    The group can be any, also one that isn't linked: to include what a search in CiviCRM finds, save it there as a
    smart group. People who are in order stay as they are.
    """


_PERSON = click.argument("person", metavar="[ADDRESS|CONTACT]", required=False)
_REASON = click.option(
    "--reason", metavar="CODE", help="Everyone with this reason; with a person, only for this reason."
)


@click.group(cls=Group, epilog=examples("failures list", "failures accept emil@example.org"))
def failures() -> None:
    """List people who can't be synced, and accept some of them as they are."""


@failures.command("list", epilog=examples("failures list", "failures list --all --json"))
@click.option("--all", "with_all", is_flag=True, help="Also list those who are fine as they are, or accepted.")
@GROUP_ID
@JSON
@implemented_in("commands.people.failures:list_failures")
def list_failures() -> None:
    """List the people who can't be synced and need attention, by reason, with what to do."""


@failures.command(
    "accept", epilog=examples("failures accept emil@example.org", "failures accept --reason CV_NO_ADDRESS")
)
@_PERSON
@_REASON
@GROUP_ID
@implemented_in("commands.people.failures:accept")
def accept_failures() -> None:
    """Accept that a person can't be synced, or everyone with a reason: they are no longer counted.

    Nothing changes on either side, and syncs still try. A person is counted again if the reason changes.
    """


@failures.command("reopen", epilog=examples("failures reopen emil@example.org"))
@_PERSON
@_REASON
@GROUP_ID
@implemented_in("commands.people.failures:reopen")
def reopen_failures() -> None:
    """Count accepted people as needing attention again."""


@click.group(cls=Group, epilog=examples("journal verify", "journal export --output journal.csv"))
def journal() -> None:
    """Check and export the journal: what was changed, when, why and by whom."""


@journal.command("verify", epilog=examples("journal verify"))
@_AUDIENCE_OF
@JSON
@implemented_in("commands.people.journal:verify")
def verify_journal() -> None:
    """Check that no entry was altered, deleted or inserted. The exit code is 7 if one was."""


@journal.command("export", epilog=examples("journal export --output journal.csv"))
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--since", help="Only changes since this time: a date, or `3 days ago`.")
@click.option("--until", help="Only changes before this time.")
@_AUDIENCE_OF
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write; - for standard output.",
)
@implemented_in("commands.people.journal:export")
def export_journal() -> None:
    """Export the journal to a file that only you can read, because it names people.

    CSV cells that a spreadsheet could take for a formula start with an apostrophe.
    """
