"""What can be typed to see the demo."""

from __future__ import annotations

import click

from mailchimpsync.cli.declaring import examples, implemented_in


@click.command(epilog=examples("demo", "demo --people 500 --keep"))
@click.option(
    "--people",
    type=click.IntRange(100, 100_000),
    default=5_000,
    show_default=True,
    help="The number of people.",
)
@click.option("--keep", is_flag=True, help="Leave both stand-ins running, so that you can try the other commands.")
@click.option("--unconnected", is_flag=True, help="Only start both stand-ins and leave them running, not connected.")
@click.option("--stop", is_flag=True, help="Stop the stand-ins of an earlier --keep or --unconnected.")
@implemented_in("demo.command:demo")
def demo() -> None:
    """See it work with a simulated Mailchimp and CiviCRM, filled with the data of a made-up charity.

    No data leaves this machine, and nothing is left on it unless you use --keep or --unconnected. With --unconnected,
    both stand-ins keep running so that you can connect them yourself.
    """
