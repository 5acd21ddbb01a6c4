"""What can be typed to sync, and to see what became of it."""

from __future__ import annotations

import click

from mailchimpsync.cli.declaring import GROUP_ID, JSON, WITHOUT_ASKING, Group, examples, implemented_in, max_time
from mailchimpsync.model import Stage


@click.command(epilog=examples("sync", "sync --group-id 8", "sync --since ever", "sync --json > result.json"))
@GROUP_ID
@max_time(300)
@click.option(
    "--since", help="Read changes since a date (UTC unless it names a zone), or `ever`. Default: the last run."
)
@click.option("--stop-on", metavar="STAGE", help=f"Stop before a stage: {', '.join(Stage)}.")
@click.option(
    "--force-restart",
    count=True,
    help="Start again instead of continuing an interrupted run. Given twice: also stop a run that is still working.",
)
@click.option("--accept-empty", is_flag=True, help="Accept that a side is empty, or that most people on it are gone.")
@click.option("--accept-restored", is_flag=True, help="A database was restored from an older backup: decide by dates.")
@click.option("--with-data", is_flag=True, help="Also check for new tags, names and merge fields, where turned on.")
@JSON
@implemented_in("commands.sync.sync:sync")
def sync() -> None:
    """Sync all connections, or one: read both sides, decide, and bring them into agreement.

    A run that was interrupted or ran out of time continues where it stopped.
    """


@click.command(epilog=examples("status", "status --log", "status --json", "status --all"))
@GROUP_ID
@click.option("--all", "all_sites", is_flag=True, help="Show all sites of the fleet in short, worst first.")
@click.option("--log", "with_log", is_flag=True, help="Also show the log of the last run.")
@JSON
@implemented_in("commands.sync.status:status")
def status() -> None:
    """Show the status of all connections, from what is known here; neither side is contacted."""


@click.command(epilog=examples("verify", "verify --group-id 8 --csv differences.csv"))
@GROUP_ID
@max_time(3_600)
@JSON
@click.option("--csv", "file", type=click.File("w", encoding="utf-8"), help="Write all differences to a CSV file.")
@implemented_in("commands.sync.verify:verify")
def verify() -> None:
    """Compare both sides in full, through their APIs, and list every difference with its cause.

    Nothing is written on either side. The exit code is 7 if there are unexplained differences, or a linked interest no
    longer exists at Mailchimp, and 3 if changes for someone are still due.
    """


@click.command(epilog=examples("abort --group-id 8", "abort --yes"))
@click.option("--group-id", type=int, help="Only the connection with this subscription group. Default: all.")
@WITHOUT_ASKING
@JSON
@implemented_in("commands.sync.abort:abort")
def abort() -> None:
    """Stop a run, even in another process, and drop its unfinished updates.

    Its batches are deleted at Mailchimp, but updates that Mailchimp has already applied stay. The next sync decides
    again.
    """


@click.command(epilog=examples("pause", 'pause --group-id 8 --reason "moving to another server"'))
@click.option("--group-id", type=int, help="Only the connection with this subscription group. Default: all.")
@click.option("--reason", help="Why, for others to read.")
@JSON
@implemented_in("commands.sync.pause:pause")
def pause() -> None:
    """Pause connections: no sync starts until someone resumes them, neither by schedule nor by hand.

    A sync in progress stops after its current step. People who unsubscribe at Mailchimp are still taken out of the
    group if a webhook reports them. After a week, an alert reminds of the pause.
    """


@click.command(epilog=examples("resume", "resume --group-id 8"))
@click.option("--group-id", type=int, help="Only the connection with this subscription group. Default: all.")
@JSON
@implemented_in("commands.sync.pause:resume")
def resume() -> None:
    """Resume paused connections. The next sync makes up for the pause."""


@click.group(cls=Group, epilog=examples("campaigns pull", "campaigns list"))
def campaigns() -> None:
    """Import sent campaigns as activities in CiviCRM, and list them."""


@campaigns.command("pull", epilog=examples("campaigns pull", 'campaigns pull --since "3 days ago"'))
@GROUP_ID
@click.option("--since", help="Campaigns sent since: `ever`, 2026-11-20, `3 days ago`. Default: the last import.")
@max_time(0)
@JSON
@implemented_in("commands.sync.campaigns:pull")
def pull_campaigns() -> None:
    """Import campaigns. An interrupted import continues.

    Run it as often as you like: nothing is created twice.
    """


@campaigns.command("list", epilog=examples("campaigns list --limit 5", "campaigns list --json"))
@GROUP_ID
@click.option(
    "--limit", type=click.IntRange(1, 500), default=25, show_default=True, help="Show this many for each connection."
)
@JSON
@implemented_in("commands.sync.campaigns:list_imported")
def list_campaigns() -> None:
    """List the imported campaigns, newest first, and how many people they reached."""
